import hashlib
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.throttling import AccountThrottle
from operations.models import CalendarFeed
from operations.queries.calendars import calendar_of
from operations.serializers import crew as shapes
from operations.services import calendars
from operations.views.deeds import TripPartViewSet
from users.requests import UserRequest

FRESH_S = 300


class CalendarViewSet(TripPartViewSet):
    """Secret addresses under which calendar programs read duties and legs."""

    queryset = CalendarFeed.objects.select_related("owner", "aircraft").order_by("-pk")
    serializer_class = shapes.CalendarFeedSerializer
    input_serializers = {"create": shapes.IssueCalendarFeedSerializer}

    @documented(
        summary="Make a calendar address",
        request=shapes.IssueCalendarFeedSerializer,
        responses={201: shapes.IssuedCalendarFeedSerializer},
    )
    def create(self, request: UserRequest) -> Response:
        """
        One's own duties, or the legs of an aircraft; the address is shown this once.

        Example: `{"aircraft": "N350WS"}`.
        """
        feed, secret = calendars.issue_feed(
            **self.validated(), actor=request.user, at=timezone.now()
        )
        path = reverse("operations:calendar-document", kwargs={"secret": secret})
        shown: Any = self.get_queryset().get(pk=feed.pk)
        shown.url = request.build_absolute_uri(path)
        data = shapes.IssuedCalendarFeedSerializer(shown).data
        return Response(data, status=status.HTTP_201_CREATED)

    @documented_action(
        summary="Revoke a calendar address", responses={200: shapes.CalendarFeedSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """The address answers no more."""
        return self.run(calendars.revoke_feed)


class CalendarThrottle(AccountThrottle):
    """The limit of requests per address, so that nobody tries many secrets."""

    scope = "calendar"


class CalendarDocumentView(APIView):
    """What a calendar program reads; the address itself is the key."""

    tag = "operations"
    authentication_classes = ()
    file_actions = {"get": "text/calendar"}
    permission_classes = (AllowAny,)
    throttle_classes = (CalendarThrottle,)

    @documented(summary="Read a calendar", responses={200: "An iCalendar document, times in UTC."})
    def get(self, request: Request, secret: str) -> HttpResponse:
        """Duties or legs as iCalendar. Ask again with If-None-Match: 304 while nothing changed."""
        feed = calendars.feed_with(secret)
        if feed is None:
            raise NotFound
        document = calendar_of(feed, now=timezone.now())
        tag = f'"{hashlib.sha256(document).hexdigest()[:32]}"'
        asked = {one.strip() for one in request.headers.get("If-None-Match", "").split(",")}
        response = HttpResponse(content_type="text/calendar; charset=utf-8")
        if tag in asked or "*" in asked:
            response.status_code = status.HTTP_304_NOT_MODIFIED
        else:
            response.content = document
            response["Content-Disposition"] = 'inline; filename="windsock.ics"'
        response["ETag"] = tag
        response["Cache-Control"] = f"private, max-age={FRESH_S}"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response
