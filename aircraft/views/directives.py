from django_filters import rest_framework as filters
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.models import Aircraft, AirworthinessDirective, DirectiveStatus
from aircraft.queries.directives import directives_by_tail
from aircraft.serializers.directives import DirectiveSerializer, UnansweredSerializer
from common.api.docs import documented
from common.api.filters import StrictFilterSet, YesNoFilter
from common.api.viewsets import ReadViewSet

MOST_TAILS = 500


class DirectiveFilter(StrictFilterSet):
    """Filters of airworthiness directives."""

    series = filters.CharFilter()
    authority = filters.CharFilter()
    status = filters.MultipleChoiceFilter(choices=DirectiveStatus.choices)
    is_listed = YesNoFilter()

    class Meta:
        model = AirworthinessDirective
        fields: list[str] = []


class DirectiveViewSet(ReadViewSet):
    """Airworthiness directives of the list that CASA publishes."""

    tag = "aircraft"
    queryset = AirworthinessDirective.objects.order_by("series", "source_id")
    serializer_class = DirectiveSerializer
    lookup_field = "source_id"
    lookup_value_regex = "[0-9]{1,10}"
    filterset_class = DirectiveFilter
    search_fields = ["number", "name", "series_name"]
    ordering_fields = ["source_id", "effective_on", "published_on"]
    action_permissions = {"unanswered": "view"}

    @documented(
        summary="List directives without an entry",
        responses={200: UnansweredSerializer},
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def unanswered(self, request: Request) -> Response:
        """
        By Australian aircraft: directives in force of the series named for its type that no
        maintenance task of the kind `directive` cites in its reference. The first 500 aircraft of
        `count`.
        """
        found = directives_by_tail(Aircraft.objects.visible_to(request.user))
        answer = {"count": len(found), "results": found[:MOST_TAILS]}
        return Response(UnansweredSerializer(answer).data)
