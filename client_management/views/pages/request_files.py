"""Files that are handed in on a request's page."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from client_management.models import MessageVia
from client_management.portal_exceptions import MessageEmpty
from client_management.queries.portal import requests_of
from client_management.queries.portal_access import access_to
from client_management.services import messages
from client_management.services.request_files import set_area_from_file
from client_management.views.area_file import drawn_area
from client_management.views.pages.requests import Request, version_of
from common.exceptions import DomainError


class RequestFiles(Request):
    """Plans and drawings of a site; one that draws polygons may become the area."""

    flag = "can_request_services"
    files: list[messages.CheckedFile]
    refusal: DomainError | None = None

    def answer(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Look at files in front of the door: a scanner's minute is not spent in a transaction."""
        self.files = []
        sent = request.FILES.getlist("files")
        if sent and self._may_send(request, str(kwargs["organization"])):
            try:
                self.files = messages.checked(sent)
            except DomainError as refusal:
                self.refusal = refusal
        return super().answer(request, *args, **kwargs)

    def _may_send(self, request: HttpRequest, organization: str) -> bool:
        access = access_to(request.user, organization, at=timezone.now())
        return access is not None and access.can_request_services

    def post(self, request: HttpRequest, number: str) -> HttpResponse:
        """Keep them, or take the area from the first."""
        row = self.one(requests_of(self.organization), number=number)
        if self.refusal is not None:
            raise self.refusal
        if not self.files:
            raise MessageEmpty
        at = timezone.now()
        if request.POST.get("step") == "area":
            set_area_from_file(
                row,
                self.files[0],
                area=drawn_area(self.files[0]),
                version=version_of(request),
                is_from_client=True,
                via=MessageVia.PORTAL,
                actor=request.user,
                at=at,
            )
        else:
            messages.post_message(
                messages.thread_of(self.organization, request=row),
                body="",
                files=self.files,
                is_from_client=True,
                via=MessageVia.PORTAL,
                actor=request.user,
                at=at,
            )
        return self.go("request", number)
