"""One's own page: mounted under the admin's address."""

from django.contrib import admin
from django.urls import path

from common.screens.frame import framed
from users.views.preferences_page import preferences_page

app_name = "own"
urlpatterns = [path("", admin.site.admin_view(framed(preferences_page)), name="preferences")]
