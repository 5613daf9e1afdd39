from typing import Any, ClassVar, cast

from django.db import models
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.api.docs import documented
from common.api.etags import expected_version, with_etag
from common.api.filters import refuse_unknown_parameters
from common.api.serializers import (
    EmptyCommandSerializer,
    StatusChangeSerializer,
    keep_fields,
)
from common.models import StatusChange
from common.querysets import ScopedQuerySet

DIGITS = "[0-9]{1,18}"


class ServiceViewSet(GenericViewSet):
    """
    A viewset that reads through querysets and writes only through services.

    `input_serializers` names the command of each action; rows are those the caller may see;
    unknown query parameters are refused; single rows carry an ETag made of the row version.
    `file_actions` answer with a file of a media type, `paged_actions` with a page of rows or, named
    with False, with all of them, where the address does not tell. `raw_actions` take bytes of a
    media type, and `request_headers` are what an action reads (name, text, needed, pattern).
    """

    input_serializers: ClassVar[dict[str, type[serializers.BaseSerializer]]] = {}
    extra_query: ClassVar[tuple[str, ...]] = ()
    file_actions: ClassVar[dict[str, str]] = {}
    paged_actions: ClassVar[dict[str, bool]] = {}
    raw_actions: ClassVar[dict[str, str]] = {}
    request_headers: ClassVar[dict[str, list[tuple[str, str, bool, str]]]] = {}
    tag: ClassVar[str] = ""
    lookup_value_regex: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "lookup_value_regex" in vars(cls):
            return
        if cls.lookup_field == "pk":
            # Anything else is an address that does not exist, not a query that fails.
            cls.lookup_value_regex = DIGITS
        elif getattr(cls, "lookup_value_regex", "") == DIGITS:
            # Inherited from a base that reads by number, while this one reads by code.
            cls.lookup_value_regex = "[^/.]+"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_list = self.action in ("list", *getattr(self, "filtered_actions", ()))
        rows = cast(models.QuerySet, type(self).queryset) if is_list else None
        refuse_unknown_parameters(request, self, rows)
        if getattr(getattr(self, self.action or "", None), "takes_no_body", False):
            EmptyCommandSerializer(data=request.data).is_valid(raise_exception=True)

    def get_queryset(self) -> Any:
        rows = cast(ScopedQuerySet, super().get_queryset())
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.visible_to(self.request.user)

    def get_serializer(self, *args: Any, **kwargs: Any) -> serializers.BaseSerializer:
        """The view's serializer; in a list with only the fields that `fields=` names."""
        serializer = super().get_serializer(*args, **kwargs)
        is_described = getattr(self, "swagger_fake_view", False)
        if self.action != "list" or is_described:
            return serializer
        wanted = self.request.query_params.get("fields")
        if wanted is not None:
            keep_fields(getattr(serializer, "child", serializer), wanted.split(","))
        return serializer

    def validated(self) -> dict[str, Any]:
        """The action's command, parsed; raises ValidationError."""
        serializer = self.input_serializers[self.action](
            data=self.request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return cast(dict[str, Any], serializer.validated_data)

    def expected_version(self, *, is_required: bool = True) -> int | None:
        """The row version named by If-Match (428 when it is required and missing)."""
        return expected_version(self.request, is_required=is_required)

    def respond(self, instance: Any, code: int = status.HTTP_200_OK) -> Response:
        """Render a row as the detail view would, read again so that triggers' work shows."""
        if isinstance(instance, cast(models.QuerySet, type(self).queryset).model):
            instance = self.get_queryset().filter(pk=instance.pk).first() or instance
        data = self.get_serializer_class()(instance, context=self.get_serializer_context()).data
        return with_etag(Response(data, status=code), instance)


class RetrieveWithETag(mixins.RetrieveModelMixin):
    """Read one row, with its ETag."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view = cast(GenericViewSet, self)
        instance = view.get_object()
        return with_etag(Response(view.get_serializer(instance).data), instance)


class ReadViewSet(mixins.ListModelMixin, RetrieveWithETag, ServiceViewSet):
    """List and read; a subclass adds the verbs of the trade."""


class HistoryMixin:
    """`GET .../history/`: the steps of a record's life cycle, oldest first."""

    @documented(
        summary="Read the life-cycle history", responses={200: StatusChangeSerializer(many=True)}
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def history(self, request: Request, **kwargs: Any) -> Response:
        """Every status step with actor, reason and time, oldest first (the first 500)."""
        instance = cast(Any, self).get_object()
        steps = StatusChange.objects.filter(
            content_type__app_label=instance._meta.app_label,
            content_type__model=instance._meta.model_name,
            object_id=instance.pk,
        ).select_related("actor")
        return Response(StatusChangeSerializer(steps.order_by("pk")[:500], many=True).data)
