from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from client_management.models import (
    Deliverable,
    DeliverableDownload,
    DeliverableIssue,
    ShareLink,
)
from client_management.queries.deliverables import issues_of, with_downloads
from client_management.serializers import deliverables as shapes
from client_management.services import deliverables, share_links
from client_management.views.files import asked_for, first_byte, streamed
from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.pagination import NewestFirstCursorPagination
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.requests import UserRequest

Shape = shapes.DeliverableSerializer


class DeliverableViewSet(HistoryMixin, ReadViewSet):
    """What clients get of their jobs: shown to them, accepted, sent back, shared, deleted."""

    tag = "client-management"
    queryset = Deliverable.objects.order_by("-pk")
    serializer_class = Shape
    lookup_field = "number"
    filterset_fields = {
        "organization__number": ["exact"],
        "job__number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
    }
    search_fields = ["title", "number"]
    input_serializers = {"share": shapes.ShareSerializer, "drop": shapes.DropFilesSerializer}
    file_actions = {"download": "*/*", "download_issue": "*/*"}
    paged_actions = {"issues": True, "reviews": True, "downloads": True}
    action_permissions = {
        "issues": "view",
        "download_issue": "download",
        "reviews": "view",
        "downloads": "client_management.view_deliverabledownload",
        "history": "view",
    }

    def get_queryset(self) -> Any:
        return with_downloads(super().get_queryset())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "address_of": share_links.address_of}

    @documented_action(summary="Show a deliverable to the client", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def release(self, request: UserRequest, number: str) -> Response:
        """Give the newest issue to the client for review."""
        return self.respond(
            deliverables.release_deliverable(
                self.get_object(), actor=request.user, at=timezone.now()
            )
        )

    @documented(
        summary="Share a deliverable",
        request=shapes.ShareSerializer,
        responses={201: shapes.ShareLinkSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def share(self, request: UserRequest, number: str) -> Response:
        """Make a link for somebody without an account. Example: `{"days": 14}`."""
        link = share_links.share(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        shape = shapes.ShareLinkSerializer(link, context=self.get_serializer_context())
        return Response(shape.data, status=status.HTTP_201_CREATED)

    @documented(
        summary="Delete the files of a deliverable",
        request=shapes.DropFilesSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def drop(self, request: UserRequest, number: str) -> Response:
        """Delete files whose time is over; hashes and reviews stay."""
        return self.respond(
            deliverables.drop_files(
                self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
            )
        )

    @documented(summary="Download a deliverable", responses={200: "The file."})
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def download(self, request: UserRequest, number: str) -> HttpResponseBase:
        """The newest issue; the download is on record. Takes a Range header."""
        return hand_out(request, self.get_object(), user=request.user)

    @documented(
        summary="List the issues of a deliverable",
        responses={200: shapes.DeliverableIssueSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def issues(self, request: Request, number: str) -> Response:
        """Every file that was handed in for it, newest first."""
        return self._page(issues_of(self.get_object()), shapes.DeliverableIssueSerializer)

    @documented(summary="Download an issue of a deliverable", responses={200: "The file."})
    @action(
        detail=True,
        methods=["get"],
        url_path="issues/(?P<issue>[^/]+)/download",
        filter_backends=[],
        pagination_class=None,
    )
    def download_issue(self, request: UserRequest, number: str, issue: str) -> HttpResponseBase:
        """An older file as it was handed in; the download is on record. Takes a Range header."""
        row = self.get_object()
        return hand_out(request, row, issue=numbered(issues_of(row), issue), user=request.user)

    @documented(
        summary="List the reviews of a deliverable",
        responses={200: shapes.DeliverableReviewSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def reviews(self, request: Request, number: str) -> Response:
        """What the client said of each issue, newest first."""
        rows = self.get_object().reviews.select_related("reviewer").order_by("-pk")
        return self._page(rows, shapes.DeliverableReviewSerializer)

    @documented(
        summary="List the downloads of a deliverable",
        responses={200: shapes.DownloadSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["get"],
        filter_backends=[],
        pagination_class=NewestFirstCursorPagination,
    )
    def downloads(self, request: Request, number: str) -> Response:
        """Who had it when, newest first."""
        rows = DeliverableDownload.objects.filter(issue__deliverable=self.get_object())
        return self._page(rows.select_related("issue", "user"), shapes.DownloadSerializer)

    def _page(self, rows: Any, shape: Any) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shape(page, many=True).data)


class ShareLinkViewSet(ReadViewSet):
    """Links at which deliverables are had without an account."""

    tag = "client-management"
    queryset = ShareLink.objects.select_related("deliverable").order_by("-pk")
    serializer_class = shapes.ShareLinkSerializer
    filterset_fields = {"deliverable__number": ["exact"], "revoked_at": ["isnull"]}

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "address_of": share_links.address_of}

    @documented_action(
        summary="Take a share link back", responses={200: shapes.ShareLinkSerializer}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def revoke(self, request: UserRequest, pk: str) -> Response:
        """Make a link useless."""
        return self.respond(
            share_links.revoke_share(self.get_object(), actor=request.user, at=timezone.now())
        )


def numbered(issues: Any, number: str) -> DeliverableIssue:
    """The issue of a number among some, or 404."""
    is_number = number.isascii() and number.isdigit() and len(number) < 6
    found: DeliverableIssue | None = issues.filter(issue=int(number)).first() if is_number else None
    if found is None:
        raise NotFound
    return found


def hand_out(
    request: Any,
    deliverable: Deliverable,
    *,
    issue: DeliverableIssue | None = None,
    user: Any = None,
    link: ShareLink | None = None,
) -> HttpResponseBase:
    """An issue of a deliverable, the newest unless one is named, written down as a download."""
    issue = deliverables.standing_issue(deliverable, issue)
    asked = asked_for(request.headers, issue.sha256)
    span = first_byte(asked, issue.size_bytes)
    # Whoever asks for the headers alone, or for bytes that are not there, has nothing yet.
    if request.method != "HEAD" and span is not None:
        issue = deliverables.hand_out(
            deliverable,
            issue=issue,
            user=user,
            link=link,
            is_from_start=span[0] == 0,
            at=timezone.now(),
        )
    return streamed(
        issue.file_name,
        path=str(issue.file.name),
        size=issue.size_bytes,
        sha256=issue.sha256,
        media_type=issue.media_type,
        asked=asked,
    )
