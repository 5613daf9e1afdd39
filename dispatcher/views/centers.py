from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.docs import documented, documented_action
from common.api.etags import with_etag
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.idempotency import idempotent
from dispatcher.models import DispatchCenter, OperationDemand, ResourceProfile
from dispatcher.queries.responsible import outside_area
from dispatcher.queries.slots import recommend_slots
from dispatcher.serializers.centers import (
    ChangeCenterSerializer,
    ChangeResourceProfileSerializer,
    DispatchCenterSerializer,
    OpenCenterSerializer,
    OperationDemandSerializer,
    ResourceProfileSerializer,
    SetDemandSerializer,
    SetProfileSerializer,
)
from dispatcher.serializers.schedules import RecommendSlotSerializer, SlotsSerializer
from dispatcher.services import centers, demands
from dispatcher.views.deeds import DispatchViewSet


class CenterFilter(StrictFilterSet):
    """Filters of the centers."""

    operator = filters.CharFilter(field_name="operator__name")
    is_active = YesNoFilter()

    class Meta:
        model = DispatchCenter
        fields: list[str] = []


class DispatchCenterViewSet(DispatchViewSet):
    """Desks that plan and watch drone operations."""

    queryset = DispatchCenter.objects.select_related("operator").order_by("code", "pk")
    serializer_class = DispatchCenterSerializer
    lookup_field = "code"
    lookup_value_regex = "[^/.]+"
    filterset_class = CenterFilter
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]
    input_serializers = {
        "create": OpenCenterSerializer,
        "partial_update": ChangeCenterSerializer,
        "recommend_slot": RecommendSlotSerializer,
    }
    action_permissions = {"recommend_slot": "recommend"}

    @documented(
        summary="Set up a center",
        request=OpenCenterSerializer,
        responses={201: DispatchCenterSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Set up a center of an operator."""
        given = self.validated()
        center = centers.open_center(**given, actor=request.user, at=timezone.now())
        return self.respond(center, status.HTTP_201_CREATED)

    @documented(
        summary="Change a center",
        request=ChangeCenterSerializer,
        responses={200: DispatchCenterSerializer},
    )
    def partial_update(self, request: Request, code: str) -> Response:
        """Change hours, area, limits or weights. Needs If-Match."""
        return self.edit(centers.change_center)

    @documented_action(summary="Close a center down", responses={200: DispatchCenterSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def deactivate(self, request: Request, code: str) -> Response:
        """Close a center down; none of its days may be open."""
        return self.run(centers.deactivate_center)

    @documented_action(summary="Reopen a center", responses={200: DispatchCenterSerializer})
    @action(detail=True, methods=["post"])
    @idempotent
    def reactivate(self, request: Request, code: str) -> Response:
        """Open a center again that was closed down."""
        return self.run(centers.reactivate_center)

    @documented(
        summary="Recommend a slot",
        request=RecommendSlotSerializer,
        responses={200: SlotsSerializer},
    )
    @action(detail=True, methods=["post"], url_path="recommend-slot")
    def recommend_slot(self, request: Request, code: str) -> Response:
        """Where an operation fits into a day as it is planned now; nothing is written."""
        center, given = self.get_object(), self.validated()
        found = recommend_slots(center, given["operation"], given["day"], now=timezone.now())
        return Response(SlotsSerializer(found).data)


class ResourceFilter(StrictFilterSet):
    """Filters of the resources."""

    center = filters.CharFilter(field_name="center__code")
    aircraft = filters.CharFilter(field_name="aircraft__registration")
    person = filters.NumberFilter(min_value=1, max_value=2**62)
    is_active = YesNoFilter()

    class Meta:
        model = ResourceProfile
        fields: list[str] = []


class ResourceProfileViewSet(DispatchViewSet):
    """How aircraft and people work for a center."""

    queryset = ResourceProfile.objects.select_related("center", "aircraft", "person").order_by("pk")
    serializer_class = ResourceProfileSerializer
    filterset_class = ResourceFilter
    input_serializers = {
        "create": SetProfileSerializer,
        "partial_update": ChangeResourceProfileSerializer,
    }

    @documented(
        summary="Set how somebody works for a center",
        request=SetProfileSerializer,
        responses={200: ResourceProfileSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Base, hours and limits of one aircraft or person, in place of what was said before."""
        given = self.validated()
        center = given.pop("center")
        return self.respond(
            centers.set_profile(center, **given, actor=request.user, at=timezone.now())
        )

    @documented(
        summary="Change how somebody works for a center",
        request=ChangeResourceProfileSerializer,
        responses={200: ResourceProfileSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change base, hours or limits. Needs If-Match."""
        return self.edit(centers.change_profile)


class DemandFilter(StrictFilterSet):
    """Filters of the demands."""

    center = filters.CharFilter(field_name="center__code")
    operation = filters.CharFilter(field_name="operation__number")
    priority = filters.NumberFilter(min_value=1, max_value=5)

    class Meta:
        model = OperationDemand
        fields: list[str] = []


class OperationDemandViewSet(DispatchViewSet):
    """What operations ask of the plan."""

    queryset = (
        OperationDemand.objects.select_related("operation", "center")
        .annotate(is_outside_area=outside_area())
        .order_by("-pk")
    )
    serializer_class = OperationDemandSerializer
    filterset_class = DemandFilter
    input_serializers = {"create": SetDemandSerializer}

    @documented(
        summary="Set what an operation asks for",
        request=SetDemandSerializer,
        responses={200: OperationDemandSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """
        Priority, windows and requirements of one operation; what is not named stays.

        A center stands as it is named; `is_outside_area` tells that its area does not hold the
        launch site. With If-Match only when nobody changed it since.
        """
        given = self.validated()
        operation = given.pop("operation")
        demand = demands.set_demand(
            operation,
            **given,
            version=self.expected_version(is_required=False),
            actor=request.user,
            at=timezone.now(),
        )
        demand = self.get_queryset().get(pk=demand.pk)
        return with_etag(self.respond(demand), demand)
