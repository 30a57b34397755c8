"""Django's settings. Every value an operator may change comes from the environment through `webapp.env`."""

from datetime import timedelta
from pathlib import Path

import dj_database_url

from webapp import env, storage
from webapp.logs import LOGGING as JSON_LINES
from webapp.sources import roots

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.var_dir()

SECRET_KEY = env.text("SECRET_KEY")
DEBUG = env.boolean("DEBUG", False)
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

INSTALLED_APPS = [
    "webapp",
    "indexer",
    "search",
    "django_htmx",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgvector.django",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "webapp.logs.RequestIdMiddleware",
    "webapp.metrics.middleware.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webapp.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "webapp.languages.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "webapp.audit.current.CurrentRequestMiddleware",
    "webapp.sharing.middleware.DoorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "webapp.errors.ProblemMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "webapp.urls"
WSGI_APPLICATION = "webapp.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = env.url("DATABASE_URL", "", ("postgres", "postgresql"))
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True) if DATABASE_URL else {}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.url("REDIS_URL", "redis://127.0.0.1:6379/0", ("redis", "rediss"))
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "indexer.tasks.index_video": {"queue": "index"},
    "indexer.tasks.make_media": {"queue": "media"},
    "indexer.tasks.write_captions": {"queue": "index"},  # its worker holds the model
    "indexer.tasks.fill_space": {"queue": "index"},
    "indexer.tasks.write_track": {"queue": "tracks"},  # hours of listening: behind everything else
    "webapp.sources.tasks.look_at_source": {"queue": "fetch"},  # hours of copying must hold up neither chores nor media
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "indexer.tasks.sweep", "schedule": 30.0},
    # Behind a long queue it is dropped: there is enough to do, and the next minute asks again.
    "fill_space": {"task": "indexer.tasks.fill_space", "schedule": 60.0, "options": {"expires": 60}},
    "sweep_orphans": {"task": "indexer.tasks.sweep_orphans", "schedule": 24 * 3600.0},
    "find_new_copies": {"task": "webapp.tasks.find_new_copies", "schedule": 30.0},
    "label_waiting": {"task": "webapp.labels.tasks.label_waiting", "schedule": 30.0},
    "sweep_answers": {"task": "webapp.api.tasks.sweep_answers", "schedule": 3600.0},
    "measure_storage": {"task": "webapp.operate.tasks.measure_storage", "schedule": 600.0},
    "sweep_links": {"task": "webapp.sharing.tasks.sweep_links", "schedule": 3600.0},
    "sweep_audit": {"task": "webapp.audit.tasks.sweep_audit", "schedule": 24 * 3600.0},
    "sweep_pictures": {"task": "webapp.shown.tasks.sweep_pictures", "schedule": 24 * 3600.0},
    "look_at_sources": {"task": "webapp.sources.tasks.look_at_sources", "schedule": 60.0},
    "sweep_uploads": {"task": "webapp.uploads.tasks.sweep_uploads", "schedule": 60.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")

MODEL_SERVER_URL = env.url("MODEL_SERVER_URL", "http://127.0.0.1:8001", ("http", "https"))
MODEL_SERVER_TOKEN = env.text("MODEL_SERVER_TOKEN")
# The model that answers until a new one's space is complete. Empty: searches then go by words alone.
MODEL_SERVER_BEFORE_URL = env.url("MODEL_SERVER_BEFORE_URL", "", ("http", "https"))
# Where people reach the site: the command line prints addresses below it.
HOST = env.text("HOST", "localhost")
PORT = env.integer("PORT", 8000, low=1, high=65535)
SITE_URL = env.url("SITE_URL", f"http://{HOST}:{PORT}", ("http", "https"))
# Asked for by the page that makes the first account, so that a stranger who is faster cannot take it. Empty: not asked.
SETUP_TOKEN = env.text("SETUP_TOKEN")
# What Prometheus sends from elsewhere to read /metrics. Empty: only this machine may.
METRICS_TOKEN = env.text("METRICS_TOKEN")
SEEKFRAME_MODEL = env.text("SEEKFRAME_MODEL", "small")
SEEKFRAME_DEVICE = env.text("SEEKFRAME_DEVICE", "auto")
# A folder with a Whisper model in CTranslate2's format. Empty: the one that `make tracks` installs.
SPEECH_MODEL = env.text("SPEECH_MODEL")

STORAGE_URL = env.text("STORAGE_URL", str(VAR_DIR / "storage"))
STORAGES = {
    "default": storage.backend(STORAGE_URL),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Folders and buckets that editors may watch: absolute paths and s3://bucket/prefix, separated by commas. Empty: none.
WATCH_ROOTS = roots.parse(env.text("WATCH_ROOTS"))
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "webapp.pages.accounts.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Nothing from elsewhere, nothing inline: what a page shows and runs comes from this server's own files.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
HTTPS = env.boolean("HTTPS", False)  # a proxy that speaks TLS stands in front and sets X-Forwarded-Proto
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS  # over plain HTTP nobody could sign in
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked for inside the container, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Other hosts under the same domain are not ours to bind, nor is the browsers' preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [origin for origin in env.text("CSRF_TRUSTED_ORIGINS").split(",") if origin]
CSRF_FAILURE_VIEW = "webapp.errors.csrf_failure"

# Ten wrong passwords for one name from one address, then a quarter of an hour's rest. Counted in the cache by an
# atomic increment, so that guesses sent at once are counted too.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "webapp.errors.locked_out"
AXES_VERBOSE = False

# Second factors by allauth.mfa, with our own sign-in, pages and routes. A wrong code counts as a wrong password does.
ACCOUNT_ADAPTER = "webapp.factors.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody here has an address
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_FORMS = {"reauthenticate": "webapp.factors.forms.PasswordAgainForm"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds that a password typed again holds
ACCOUNT_RATE_LIMITS = {"login_failed": "10/900s/key"}
MFA_ADAPTER = "webapp.factors.adapters.FactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "webapp.factors.forms.CodeForm",
    "authenticate_webauthn": "webapp.factors.forms.SecondPasskeyForm",
    "login_webauthn": "webapp.factors.forms.PasskeyAloneForm",
    "add_webauthn": "webapp.factors.forms.PasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Seekframe"
MFA_TOTP_TOLERANCE = 1  # periods of half a minute: clocks that nobody sets drift

LOGGING = JSON_LINES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

API_RATE, API_RATE_ANONYMOUS = "600/m", "60/m"  # requests of a person, or of an address without a key
UPLOADS_DIR = VAR_DIR / "uploads"  # unfinished uploads; web and worker share it
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 20 * 2**30, low=2**20, high=2**44)
TRASH_DAYS = env.integer("TRASH_DAYS", 30, low=0, high=36500)  # then the sweeper deletes for good; 0: at once
AUDIT_DAYS = env.integer("AUDIT_DAYS", 365, low=1, high=36500)  # then the sweeper forgets who did what
UPLOAD_CHUNK_BYTES = 16 * 2**20  # a request holds a web thread no longer than this takes
UPLOAD_EXPIRES_S = 3 * 24 * 3600  # after the last byte that came
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
LANGUAGE_CODE = "en"  # of what is stored, logged and told to programs; pages ask for theirs (webapp.languages)
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["webapp.formats"]
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = HTTPS, True, "Lax"
USE_TZ = True
TIME_ZONE = "UTC"
