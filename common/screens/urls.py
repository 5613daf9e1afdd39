from django.contrib import admin
from django.urls import path

from common.screens.pages import search_page

# The content policy knows pages of the admin by this name.
app_name = "admin"
inside = admin.site.admin_view
urlpatterns = [
    path("search/", inside(search_page), name="find"),
]
