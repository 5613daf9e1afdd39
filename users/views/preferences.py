from django.conf import settings
from django.utils import timezone
from rest_framework.response import Response

from common.api.docs import documented
from common.api.etags import expected_version, with_etag
from users.models import UserPreferences
from users.queries.preferences import chosen_by
from users.requests import UserRequest
from users.serializers.preferences import (
    ChangeDisplayPreferencesSerializer,
    DisplayPreferencesSerializer,
)
from users.services.preferences import change_preferences
from users.views.auth import AuthView


class PreferencesView(AuthView):
    """How the caller wants moments and quantities shown."""

    serializer_class = ChangeDisplayPreferencesSerializer

    @documented(summary="Read my preferences", responses={200: DisplayPreferencesSerializer})
    def get(self, request: UserRequest) -> Response:
        """
        Time zone, date format, clock, units and language of one's own pages and mails.

        The `ETag` is what a change names in `If-Match`.
        """
        return _answer(chosen_by(request.user))

    @documented(
        summary="Change my preferences",
        request=ChangeDisplayPreferencesSerializer,
        responses={200: DisplayPreferencesSerializer},
    )
    def patch(self, request: UserRequest) -> Response:
        """
        Change some of one's own preferences; needs If-Match.

        Lists and records of the admin, the board and the portal follow them, mails their language.
        Answers of the API, documents, files and what a rule cites keep their units.
        Example: `{"timezone": "Australia/Perth", "height": "ft"}`.
        """
        given = self.validated()
        row = change_preferences(
            request.user,
            version=self.expected_version(),
            changes=given,
            at=timezone.now(),
        )
        return _answer(row)

    def expected_version(self) -> int | None:
        """The version that If-Match names; a change without it is refused."""
        return expected_version(self.request, is_required=True)


def _answer(row: UserPreferences) -> Response:
    shape = DisplayPreferencesSerializer(row, context={"defaults": settings.DISPLAY_DEFAULTS})
    return with_etag(Response(shape.data), row)
