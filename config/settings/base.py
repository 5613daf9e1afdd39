"""The framework: applications, middleware, database, templates, files, security headers."""

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from common import preferences
from config.settings.environment import (
    BASE_DIR,
    DEBUG,
    DEMO,
    env,
    required,
    sealing_keys,
    secret,
)

SECRET_KEY = secret("SECRET_KEY", minimum=50)
FIELD_ENCRYPTION_KEYS = sealing_keys(secret("FIELD_ENCRYPTION_KEYS", minimum=45))
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "common.refusal_pages.csrf_failure"
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"
WEB_THREADS = env.int("WEB_THREADS", default=12)
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# "unfold", or "stock" for Django's own admin: every screen must work with both.
ADMIN_THEME = env.str("ADMIN_THEME", default="unfold")

INSTALLED_APPS = [
    *(["unfold"] if ADMIN_THEME == "unfold" else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "rest_framework",
    "drf_yasg",
    "drf_spectacular",
    "django_filters",
    "corsheaders",
    "csp",
    "django_structlog",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "pgtrigger",
    "pghistory",
    "common",
    "users",
    "airports",
    "documents",
    "contacts",
    "finance",
    "aircraft",
    "rpas",
    "operations",
    "flight_operations",
    "client_management",
    "dispatcher",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "common.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "common.api.throttling.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "common.middleware.CardNumberMiddleware",
    "common.middleware.NulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.CurrentUserMiddleware",
    "users.middleware.PreferencesMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # In front of the apps' own: what stands on every page of the admin, in either theme.
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = required("DATABASE_URL", debug_default="postgis:///windsock")
# Migrations run as the owner; everything else as a role that owns nothing.
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DATABASE_APP_ROLE = env.str("DATABASE_APP_ROLE", default="windsock_app")
DATABASE_POOL = env.bool("DATABASE_POOL", default=False)
DATABASE_PREPARE = env.bool("DATABASE_PREPARE", default=True)
DATABASE_POOL_MAX = env.int("DATABASE_POOL_MAX", default=12)
DATABASE_STATEMENT_TIMEOUT_MS = env.int("DATABASE_STATEMENT_TIMEOUT_MS", default=30_000)

DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"]["ENGINE"] = "django.contrib.gis.db.backends.postgis"
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "application_name": "windsock",
        "connect_timeout": 5,
        "options": (
            f"-c statement_timeout={DATABASE_STATEMENT_TIMEOUT_MS} -c lock_timeout=10000"
            " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
        ),
    }
)
if DATABASE_POOL:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_MAX}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
DATABASES["default"]["TEST"] = {"NAME": env.str("WINDSOCK_TEST_DB", default="test_windsock")}

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "users.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_VERBOSE = False
# The server has put the caller's address there, behind a proxy too: no header is read again.
AXES_CLIENT_IP_CALLABLE = "users.sign_in.address_of"
AXES_RESET_ON_SUCCESS = True

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
LANGUAGES = preferences.LANGUAGES
# Before the framework's own words for the same texts.
LOCALE_PATHS = [
    str(BASE_DIR / app / "locale")
    for app in ("common", "users", "documents", "finance", "client_management")
]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / ".local" / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOG_IMPORT_MAX_BYTES = env.int("LOG_IMPORT_MAX_BYTES", default=256 * 1024 * 1024)

PGHISTORY_APPEND_ONLY = True

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 60 * 60
HTTPS = env.bool("HTTPS", default=not (DEBUG or DEMO))
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.int("PROXY_COUNT", default=0):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "object-src": [NONE],
    }
}
# The admin theme evaluates Alpine expressions and sets inline styles; nothing else may.
CSP_ADMIN_UPDATE = {"script-src": [UNSAFE_EVAL, NONCE], "style-src": [UNSAFE_INLINE]}
# Swagger UI and ReDoc style themselves inline and ReDoc runs a worker from a blob.
CSP_DOCS_UPDATE = {"style-src": [UNSAFE_INLINE], "worker-src": [SELF, "blob:"]}

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
# Seconds after which the newest stored report makes /readyz speak of old weather.
WEATHER_OLD_AFTER_S = env.int("WEATHER_OLD_AFTER_S", default=7200)
