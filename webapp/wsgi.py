import os

from webapp.metrics import folder

folder.prepare()  # before prometheus_client is imported anywhere

from django.core.wsgi import get_wsgi_application  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
application = get_wsgi_application()
