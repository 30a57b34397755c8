import os

# Before numpy: a search multiplies small matrices in one of many threads, and BLAS threads of each wait by spinning.
# Ten searches a second took a second each; with one thread, a quarter of it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from webapp.metrics import folder

folder.prepare()  # before prometheus_client is imported anywhere

from django.core.wsgi import get_wsgi_application  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
application = get_wsgi_application()
