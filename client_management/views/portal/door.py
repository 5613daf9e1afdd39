"""The one door that clients come in by: what they see starts from their organization."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models, transaction
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from client_management.client_scope import narrow, open_scope
from client_management.models import ClientOrganization, CustomerPortalAccess
from client_management.portal_exceptions import NotYoursToDo
from client_management.queries.portal_access import access_to
from client_management.services.accesses import note_use
from common.api.permissions import IsSignedIn
from common.api.viewsets import ServiceViewSet


class PortalViewSet(ServiceViewSet):
    """
    What one client sees and does; for its people, by their keys, and for nobody else.

    The key is looked for first: without one the client is not there. From then on the database
    itself holds the request to that client's rows. `flags` is what the key must allow, by action;
    `unscoped` are actions that have something to do outside a transaction first, and then open
    `client_scope` themselves. A refusal leaves nothing written.
    """

    tag = "portal"
    permission_classes = [IsSignedIn]
    queryset: Any
    flags: ClassVar[Mapping[str, str]] = {}
    unscoped: ClassVar[frozenset[str]] = frozenset()
    filter_backends: Any = []
    access: CustomerPortalAccess

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in one transaction, the scope of which ends with it."""
        if self._action_of(request) in self.unscoped:
            return super().dispatch(request, *args, **kwargs)
        with open_scope():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        access = access_to(request.user, str(kwargs["organization"]), at=timezone.now())
        if access is None:
            raise NotFound
        note_use(access, at=timezone.now())
        if self.action not in self.unscoped:
            narrow([access.organization_id])
        self.access = access
        flag = self.flags.get(self.action or "", "")
        if flag and not getattr(access, flag):
            raise NotYoursToDo(organization=access.organization.number)

    def _action_of(self, request: Any) -> str:
        return str(getattr(self, "action_map", {}).get(str(request.method).lower(), ""))

    @property
    def organization(self) -> ClientOrganization:
        """Whose portal this is."""
        return self.access.organization

    def get_queryset(self) -> Any:
        rows: Any = GenericViewSet.get_queryset(self)
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.for_client(self.access.organization_id)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "access": getattr(self, "access", None)}

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store, private"
        return response

    def page_of(self, rows: Any, shape: Any) -> Response:
        """One page of a list."""
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(
            shape(page, many=True, context=self.get_serializer_context()).data
        )

    def one_of(self, rows: Any, **which: Any) -> Any:
        """The one row, or 404: what is another client's is not there either."""
        found: models.Model | None = rows.filter(**which).first()
        if found is None:
            raise NotFound
        return found
