from django.http.response import HttpResponseBase
from rest_framework.request import Request

from client_management.models import MessageFile
from client_management.serializers.messages import MessageFileSerializer
from client_management.views.files import streamed
from common.api.docs import documented
from common.api.viewsets import ServiceViewSet


class RequestFileViewSet(ServiceViewSet):
    """What was handed in with requests; for whoever reads requests."""

    tag = "client-management"
    queryset = MessageFile.objects.filter(message__thread__request__isnull=False).order_by("-pk")
    serializer_class = MessageFileSerializer
    filter_backends = []
    file_actions = {"retrieve": "*/*"}
    action_permissions = {"retrieve": "client_management.view_servicerequest"}

    @documented(summary="Download a file of a request", responses={200: "The file."})
    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """One file, as it was handed in."""
        row = self.get_object()
        return streamed(
            row.file_name,
            path=str(row.file.name),
            size=row.size_bytes,
            sha256=row.sha256,
            media_type=row.media_type,
            asked=request.headers.get("Range", ""),
        )
