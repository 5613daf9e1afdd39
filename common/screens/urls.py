from django.contrib import admin
from django.urls import path, re_path

from common.screens.imports import import_page, import_template, imports_page
from common.screens.pages import no_site_page, search_page

# The content policy knows pages of the admin by this name.
app_name = "admin"
inside = admin.site.admin_view
urlpatterns = [
    path("search/", inside(search_page), name="find"),
    path("r/<path:record>", inside(no_site_page), name="on_site"),
    path("import/", inside(imports_page), name="imports"),
    path("import/<slug:code>/", inside(import_page), name="import"),
    re_path(
        r"^import/(?P<code>[a-z-]{1,40})/template\.(?P<suffix>csv|xlsx)$",
        inside(import_template),
        name="import_template",
    ),
]
