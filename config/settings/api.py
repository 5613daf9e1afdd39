"""The REST surface: DRF, tokens, cross-origin rules and the two API documents."""

from datetime import timedelta

from config.settings.environment import env, secret

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "common.api.errors.problem_response",
    "DEFAULT_PERMISSION_CLASSES": ["common.api.permissions.HasActionPermission"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "users.authentication.SessionTokenAuthentication",
        "users.authentication.ApiTokenAuthentication",
        "users.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.BoundedPageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["common.api.filters.DocumentedFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "common.api.docs.OpenApiSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.negotiation.JSONNegotiation",
    "DEFAULT_THROTTLE_CLASSES": ["common.api.throttling.AccountThrottle"],
    # Limits by address count the connection's own: X-Forwarded-For is anybody's to write.
    "NUM_PROXIES": 0,
    "DEFAULT_THROTTLE_RATES": {
        "account": env.str("RATE_ACCOUNT", default="6000/min"),
        "login": env.str("RATE_LOGIN", default="30/min"),
        "calendar": env.str("RATE_CALENDAR", default="120/min"),
        "offer": env.str("RATE_OFFER", default="60/min"),
        "signing": env.str("RATE_SIGNING", default="60/min"),
        "portal": env.str("RATE_PORTAL", default="120/min"),
        "pay_link": env.str("RATE_PAY_LINK", default="60/min"),
        "webhook": env.str("RATE_WEBHOOK", default="6000/min"),
        "telemetry": env.str("RATE_TELEMETRY", default="60000/min"),
    },
    "COERCE_DECIMAL_TO_STRING": True,
    "DATETIME_FORMAT": "iso-8601",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": secret("JWT_SIGNING_KEY", minimum=32),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", default=15)),
    "REFRESH_TOKEN_LIFETIME": timedelta(hours=env.int("REFRESH_TOKEN_HOURS", default=12)),
    "AUTH_HEADER_TYPES": ("Bearer",),
    "UPDATE_LAST_LOGIN": False,
}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "last-event-id",
    "range",
    "upload-checksum",
    "upload-offset",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "content-disposition",
    "content-range",
    "etag",
    "idempotent-replay",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "upload-length",
    "upload-offset",
    "x-request-id",
]

SWAGGER_USE_COMPAT_RENDERERS = False
SWAGGER_SETTINGS = {
    "DEFAULT_INFO": "config.api_info.INFO",
    "DEFAULT_AUTO_SCHEMA_CLASS": "common.api.docs.SwaggerSchema",
    "DEFAULT_GENERATOR_CLASS": "common.api.docs.SwaggerGenerator",
    "DEFAULT_FIELD_INSPECTORS": [
        "common.api.inspectors.GeometryInspector",
        "common.api.inspectors.DecimalInspector",
        "common.api.inspectors.FormatInspector",
        "common.api.inspectors.JsonInspector",
        "common.api.inspectors.ChoiceInspector",
        "common.api.inspectors.NullableInspector",
        "drf_yasg.inspectors.CamelCaseJSONFilter",
        "drf_yasg.inspectors.ReferencingSerializerInspector",
        "drf_yasg.inspectors.RelatedFieldInspector",
        "drf_yasg.inspectors.ChoiceFieldInspector",
        "drf_yasg.inspectors.FileFieldInspector",
        "drf_yasg.inspectors.DictFieldInspector",
        "drf_yasg.inspectors.JSONFieldInspector",
        "drf_yasg.inspectors.HiddenFieldInspector",
        "drf_yasg.inspectors.RecursiveFieldInspector",
        "drf_yasg.inspectors.SerializerMethodFieldInspector",
        "drf_yasg.inspectors.SimpleFieldInspector",
        "drf_yasg.inspectors.StringDefaultFieldInspector",
    ],
    "DEFAULT_FILTER_INSPECTORS": ["common.api.inspectors.FilterInspector"],
    "DEFAULT_PAGINATOR_INSPECTORS": ["common.api.inspectors.PaginationInspector"],
    "SECURITY_DEFINITIONS": {
        "Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"},
        "ApiToken": {"type": "apiKey", "name": "X-Api-Token", "in": "header"},
    },
    "USE_SESSION_AUTH": False,
    "VALIDATOR_URL": None,
    "PERSIST_AUTH": True,
}
# By its name: asked for as the page itself, the document comes back as the page.
REDOC_SETTINGS = {"SPEC_URL": ("schema", {"format": "json"}), "EXPAND_RESPONSES": "200,201"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Windsock",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices stay where they are used: a generated enum name would change with its neighbors.
    "POSTPROCESSING_HOOKS": ["common.api.completion.complete_openapi"],
}
