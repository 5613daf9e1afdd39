"""The pages of the desk that are no model's: mounted under the admin's address."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, path

from dispatcher.views.pages import board_page
from dispatcher.views.proposal import deeds, page

DAY = "schedules/<int:pk>/"
ROW = f"{DAY}assignments/<int:assignment>/"


def _at(address: str, view: Callable[..., Any], name: str) -> URLPattern:
    return path(address, admin.site.admin_view(view), name=name)


app_name = "dispatch"
urlpatterns = [
    _at("board/", board_page, "board"),
    _at(DAY, page.proposal_page, "proposal"),
    _at(f"{DAY}progress/", page.progress, "proposal-progress"),
    _at(f"{DAY}plan/", deeds.plan, "proposal-plan"),
    _at(f"{DAY}cancel/", deeds.cancel, "proposal-cancel"),
    _at(f"{DAY}publish/", deeds.publish, "proposal-publish"),
    _at(f"{DAY}drop/", deeds.drop, "proposal-drop"),
    _at(f"{DAY}relax/", deeds.relax, "proposal-relax"),
    _at(f"{ROW}pin/", deeds.pin, "proposal-pin"),
    _at(f"{ROW}unpin/", deeds.unpin, "proposal-unpin"),
]
