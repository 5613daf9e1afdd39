from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from client_management.models import ProcessingRun
from client_management.serializers import processing as shapes
from client_management.services import processing
from common.api.docs import documented, documented_action
from common.api.idempotency import idempotent
from common.api.viewsets import HistoryMixin, ReadViewSet
from users.requests import UserRequest

Shape = shapes.ProcessingRunSerializer


class ProcessingRunViewSet(HistoryMixin, ReadViewSet):
    """Pictures handed to the processing service, and what it made of them."""

    tag = "client-management"
    queryset = (
        ProcessingRun.objects.select_related("job", "organization", "requested_by")
        .prefetch_related("inputs")
        .order_by("-pk")
    )
    serializer_class = Shape
    lookup_field = "number"
    filterset_fields = {"job__number": ["exact"], "status": ["exact"]}
    input_serializers = {"create": shapes.RequestProcessingSerializer}
    action_permissions = {"history": "view"}

    @documented(
        summary="Have pictures processed",
        request=shapes.RequestProcessingSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Hand the newest files of deliverables over; results come back as deliverables.

        Example: `{"job": "JOB-2026-0007", "deliverables": ["DV-2026-0012"],
        "wanted": ["orthophoto.tif"]}`.
        """
        given = self.validated()
        run = processing.request_processing(
            given["job"],
            inputs=shapes.newest_issues(given["deliverables"], given["job"]),
            wanted=given["wanted"],
            options=given.get("options", {}),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(run, status.HTTP_201_CREATED)

    @documented_action(summary="Call processing off", responses={200: Shape})
    @action(detail=True, methods=["post"])
    @idempotent
    def cancel(self, request: UserRequest, number: str) -> Response:
        """Stop waiting for it, and tell the service."""
        return self.respond(
            processing.cancel_processing(self.get_object(), actor=request.user, at=timezone.now())
        )
