from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from common.preferences import reading
from users.queries.preferences import preferences_of


class PreferencesMiddleware:
    """Lets what makes a page ask how its reader wants things shown; the API never asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with reading(lambda: preferences_of(request.user)):
            return self.get_response(request)
