from dataclasses import replace
from typing import Any, cast

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import ReadViewSet
from contacts.models import (
    Contact,
    ContactAddress,
    ContactEmail,
    ContactMerge,
    ContactPhone,
    ExternalReference,
)
from contacts.queries.duplicates import Sought, find_duplicates, sought_like
from contacts.queries.merges import as_json, plan_merge
from contacts.serializers import contacts as shapes
from contacts.services import contacts, merges
from contacts.views.filters import MOST_KEY, ContactFilter, PlainSearch
from users.requests import UserRequest

Shape = shapes.ContactSerializer
MOST_MERGES = 200
DETAILS = (
    Prefetch("phones", ContactPhone.objects.order_by("-is_primary", "pk")),
    Prefetch("emails", ContactEmail.objects.order_by("-is_primary", "pk")),
    Prefetch("addresses", ContactAddress.objects.order_by("pk")),
    Prefetch("external_references", ExternalReference.objects.order_by("system", "pk")),
)


class ContactViewSet(ReadViewSet):
    """People and organizations that the desk deals with."""

    tag = "contacts"
    queryset = (
        Contact.objects.select_related("parent").prefetch_related(*DETAILS).order_by("name", "pk")
    )
    serializer_class = Shape
    filterset_class = ContactFilter
    search_filter = PlainSearch
    search_fields = ["search_words"]
    ordering_fields = ["name", "created_at", "updated_at"]
    input_serializers = {
        "create": shapes.CreateContactSerializer,
        "partial_update": shapes.AmendContactSerializer,
        "deactivate": ReasonSerializer,
        "reactivate": ReasonSerializer,
        "merge": shapes.MergeContactSerializer,
        "find_duplicates": shapes.FindDuplicatesSerializer,
    }
    action_permissions = {
        "reactivate": "deactivate",
        "merge_preview": "merge",
        "duplicates": "view",
        "find_duplicates": "view",
        "merges": "view",
    }

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        rows: Any = super().filter_queryset(queryset)
        # A list is of those that stand for themselves unless asked; one row may always be read.
        if self.action == "list" and "is_merged" not in self.request.query_params:
            rows = rows.current()
        return cast(QuerySet, rows)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """
        Read a contact. One that was merged still answers: `merged_into` and the header `Link`
        (`rel="canonical"`) name the contact that stands for it.
        """
        response = super().retrieve(request, *args, **kwargs)
        if (standing := response.data["merged_into"]) is not None:
            address = reverse("contacts:contact-detail", kwargs={"pk": standing})
            response["Link"] = f'<{address}>; rel="canonical"'
        return response

    @documented(
        summary="Enter a contact",
        request=shapes.CreateContactSerializer,
        responses={201: Shape},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Enter a person or an organization; look for duplicates first.

        Example: `{"kind": "person", "name": "Dr José García", "roles": ["medical"], "parent": 12,
        "country": "AU", "phones": [{"kind": "mobile", "number": "0412 345 678"}], "emails":
        [{"address": "j.garcia@hospital.example"}], "external_references": [{"system": "xero",
        "reference": "C-1042"}]}`.
        """
        contact = contacts.create_contact(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(contact, status.HTTP_201_CREATED)

    @documented(
        summary="Amend a contact",
        request=shapes.AmendContactSerializer,
        responses={200: Shape},
    )
    def partial_update(self, request: UserRequest, pk: str) -> Response:
        """
        Change what is known; a list given replaces the list that was. Needs If-Match.

        Example: `{"phones": [{"kind": "operations", "number": "+61 2 9999 1234"}]}`.
        """
        contact = contacts.amend_contact(
            self.get_object(),
            changes=self.validated(),
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(contact)

    @documented(
        summary="Take a contact out of use", request=ReasonSerializer, responses={200: Shape}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def deactivate(self, request: UserRequest, pk: str) -> Response:
        """Nothing new may name it from now on. Example: `{"reason": "Left the hospital"}`."""
        contact = contacts.deactivate_contact(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(contact)

    @documented(
        summary="Bring a contact back into use", request=ReasonSerializer, responses={200: Shape}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def reactivate(self, request: UserRequest, pk: str) -> Response:
        """Bring a contact back; one that was merged stays so. Example: `{"reason": "Is back"}`."""
        contact = contacts.reactivate_contact(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(contact)

    @documented(
        summary="Find duplicates of somebody new",
        request=shapes.FindDuplicatesSerializer,
        responses={200: shapes.DuplicateSerializer(many=True)},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="find-duplicates",
        pagination_class=None,
        filter_backends=[],
    )
    def find_duplicates(self, request: UserRequest) -> Response:
        """
        Contacts on file that may be the one about to be entered, most likely first, at most 20.

        Example: `{"name": "Garcia, Jose", "kind": "person", "country": "AU", "phones":
        ["0412 345 678"]}`.
        """
        given = self.validated()
        for name in ("emails", "phones"):
            given[name] = tuple(given.get(name, ()))
        return self._duplicates(Sought(**{"name": "", **given}))

    @documented(
        summary="Find duplicates of a contact",
        responses={200: shapes.DuplicateSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def duplicates(self, request: Request, pk: str) -> Response:
        """Others that may be the same: a score from 0 to 1 and each thing in common."""
        return self._duplicates(sought_like(self.get_object()))

    @documented(
        summary="Preview a merge",
        responses={200: shapes.MergePlanSerializer},
        parameters={"merged": ("integer", "The contact that would be merged into this one.")},
        required=("merged",),
    )
    @action(
        detail=True,
        methods=["get"],
        url_path="merge-preview",
        pagination_class=None,
        filter_backends=[],
        extra_query=("merged",),
    )
    def merge_preview(self, request: Request, pk: str) -> Response:
        """What a merge would move, leave and fill in, changing nothing: `?merged=17`."""
        plan = plan_merge(self.get_object(), self._other(request.query_params.get("merged", "")))
        shown = {name: as_json(value) for name, value in plan.filled.items()}
        return Response(shapes.MergePlanSerializer(replace(plan, filled=shown)).data)

    @documented(
        summary="Merge a contact into this one",
        request=shapes.MergeContactSerializer,
        responses={200: Shape},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def merge(self, request: UserRequest, pk: str) -> Response:
        """
        Make this contact stand for another: what pointed at the other points at this one.

        Example: `{"merged": 17, "reason": "Same mobile, confirmed by telephone"}`.
        """
        contact = merges.merge_contacts(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(contact)

    @documented(
        summary="List what was merged into a contact",
        responses={200: shapes.ContactMergeSerializer(many=True)},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def merges(self, request: Request, pk: str) -> Response:
        """
        Who was merged into it, by whom and why, newest first (200 at most); `survivor` is
        another where that one was merged into this one later.
        """
        rows = ContactMerge.objects.visible_to(request.user)
        contact = self.get_object()
        rows = rows.filter(Q(survivor=contact) | Q(merged__merged_into=contact))
        rows = rows.select_related("merged", "actor").order_by("-pk")[:MOST_MERGES]
        return Response(shapes.ContactMergeSerializer(rows, many=True).data)

    def _duplicates(self, sought: Sought) -> Response:
        rows = Contact.objects.visible_to(self.request.user)
        found = find_duplicates(sought, rows=rows)
        return Response(shapes.DuplicateSerializer(found, many=True).data)

    def _other(self, text: str) -> Contact:
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= MOST_KEY):
            raise ValidationError({"merged": "The number of a contact."})
        rows = Contact.objects.visible_to(self.request.user)
        other = rows.filter(pk=int(text)).first()
        if other is None:
            raise Http404
        return other
