from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_yasg.views import get_schema_view
from rest_framework.permissions import AllowAny

from common.screens.choices import choices
from config.api_info import INFO
from config.documents import KeptSwaggerGenerator, OpenApiDocumentView
from config.observability import healthz, metrics, readyz

handler400 = "common.refusal_pages.bad_request"
handler403 = "common.refusal_pages.permission_denied"
handler404 = "common.refusal_pages.page_not_found"
handler500 = "common.refusal_pages.server_error"

# The documents describe the surface, not anybody's data, so they are open to all.
schema = get_schema_view(
    INFO, public=True, permission_classes=[AllowAny], generator_class=KeptSwaggerGenerator
)

admin.site.site_header = admin.site.site_title = "Windsock"
admin.site.index_title = "Dispatch"
admin.site.autocomplete_view = choices  # type: ignore[assignment,method-assign]
if settings.ADMIN_THEME != "unfold":
    # That theme has no menu of its own for pages that are no list.
    admin.site.index_template = "dispatcher/desk/stock_index.html"
else:
    # The theme's first page does not stand on the page of the site.
    admin.site.index_template = "admin/start.html"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/dispatch/", include("dispatcher.page_urls")),
    path("admin/preferences/", include("users.page_urls")),
    path("admin/", include("dispatcher.desk_urls")),
    path("admin/", include("common.screens.urls", namespace="screens")),
    path("admin/", admin.site.urls),
    path("api/flight-operations/", include("flight_operations.urls")),
    path("api/airports/", include("airports.urls")),
    path("api/documents/", include("documents.urls")),
    path("api/contacts/", include("contacts.urls")),
    path("api/aircraft/", include("aircraft.urls")),
    path("api/operations/", include("operations.urls")),
    path("api/rpas/", include("rpas.urls")),
    path("api/finance/", include("finance.urls")),
    path("api/client-management/", include("client_management.urls")),
    path("api/client-management/", include("client_management.portal_urls")),
    path("api/dispatcher/", include("dispatcher.urls")),
    path("api/documents/", include("documents.agreement_urls")),
    path("sign/", include("documents.page_urls")),
    path("pay/", include("finance.page_urls")),
    path("portal/", include("client_management.page_urls")),
    path("api/compliance/", include("common.urls")),
    # After the others: its sixty addresses would all be tried for each of theirs.
    path("api/", include("users.urls")),
    path("api/openapi.json", OpenApiDocumentView.as_view(), name="openapi"),
    path("swagger/", schema.with_ui("swagger", cache_timeout=0), name="swagger"),
    path("redoc/", schema.with_ui("redoc", cache_timeout=0), name="redoc"),
    re_path(r"^swagger\.(?P<format>json|yaml)$", schema.without_ui(cache_timeout=0), name="schema"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
