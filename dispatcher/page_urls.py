"""The pages of the desk that are no model's: mounted under the admin's address."""

from django.contrib import admin
from django.urls import path

from dispatcher.views.pages import board_page

app_name = "dispatch"
urlpatterns = [path("board/", admin.site.admin_view(board_page), name="board")]
