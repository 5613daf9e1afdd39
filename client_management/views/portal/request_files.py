from rest_framework.request import Request
from rest_framework.response import Response

from client_management.client_scope import client_scope
from client_management.models import MessageFile, MessageVia, ServiceRequest
from client_management.queries.portal import requests_of
from client_management.serializers import messages as shapes
from client_management.serializers.portal import PortalRequestSerializer
from client_management.services.messages import thread_of
from client_management.views.area_file import area_taken
from client_management.views.portal.door import PortalViewSet
from client_management.views.threads import PARSERS, checked, posted
from common.api.docs import documented
from users.requests import UserRequest

Shape = shapes.MessageFileSerializer


class PortalRequestFileViewSet(PortalViewSet):
    """Plans, drawings and pictures that go with a client's request."""

    queryset = MessageFile.objects.order_by("-pk")
    serializer_class = Shape
    parser_classes = PARSERS
    flags = dict.fromkeys(("attach", "set_area"), "can_request_services")
    input_serializers = {
        "attach": shapes.PostMessageSerializer,
        "set_area": shapes.AreaFileSerializer,
    }
    paged_actions = {"files": True}
    # Files are scanned first, which takes its time.
    unscoped = frozenset({"attach", "set_area"})

    @documented(summary="List the files of a request", responses={200: Shape(many=True)})
    def files(self, request: Request, organization: str, number: str) -> Response:
        """Newest first; each is had at `messages/{number}/files/{id}/`."""
        row = self._row(number)
        return self.page_of(self.get_queryset().filter(message__thread__request=row), Shape)

    @documented(
        summary="Add files to a request",
        request=shapes.PostMessageSerializer,
        responses={201: shapes.ClientMessageSerializer},
    )
    def attach(self, request: UserRequest, organization: str, number: str) -> Response:
        """Taken by what is in them: PDF, pictures, TIFF, KML, KMZ, GeoJSON, DXF, DWG."""
        row = self._row_in_scope(number)
        said = checked(self)
        with client_scope([self.access.organization_id]):
            thread = thread_of(self.organization, request=row)
            return posted(self, request, thread, said, via=MessageVia.PORTAL)

    @documented(
        summary="Take the area of a request from a file",
        request=shapes.AreaFileSerializer,
        responses={200: PortalRequestSerializer},
    )
    def set_area(self, request: UserRequest, organization: str, number: str) -> Response:
        """Every polygon of a KML, KMZ or GeoJSON file, which is kept. Needs If-Match."""
        row = self._row_in_scope(number)
        return area_taken(
            self,
            row,
            lambda changed: Response(PortalRequestSerializer(changed).data),
            via=MessageVia.PORTAL,
            scope=client_scope([self.access.organization_id]),
        )

    def _row_in_scope(self, number: str) -> ServiceRequest:
        with client_scope([self.access.organization_id]):
            return self._row(number)

    def _row(self, number: str) -> ServiceRequest:
        row: ServiceRequest = self.one_of(requests_of(self.organization), number=number)
        return row
