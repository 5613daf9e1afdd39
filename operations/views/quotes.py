from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from aircraft.models import Aircraft
from common.api.docs import documented
from common.api.etags import with_etag
from common.api.filters import MomentFilter, StrictFilterSet
from common.api.idempotency import idempotent
from common.api.serializers import ReasonSerializer
from common.api.viewsets import HistoryMixin, ReadViewSet
from contacts.models import Contact
from operations.links import token_of
from operations.models import Quote, QuoteStatus, QuoteVersion, RequestedLeg, TripKind
from operations.queries.declines import declines_before
from operations.queries.itineraries import read_itinerary
from operations.queries.offers import with_totals
from operations.queries.price_book import price_facts
from operations.queries.quote_options import options_of, plan_of
from operations.serializers import offers as offer_shapes
from operations.serializers import quotes as shapes
from operations.serializers.declines import DeclineQuoteSerializer, EarlierDeclineSerializer
from operations.serializers.options import FlightOptionSerializer
from operations.services import offers, prices, requests
from operations.views.quote_versions import VERSIONS
from users.requests import UserRequest

Detail = shapes.QuoteDetailSerializer
FACTS = ("evidence", "rural_airports", "is_cargo", "is_established_line", "permits")
NUMBER = "QT-[0-9]{4}-[0-9]{4,8}"
MOST_VERSIONS = 200


class QuoteFilter(StrictFilterSet):
    """Filters of quotes."""

    status = filters.MultipleChoiceFilter(choices=QuoteStatus.choices)
    kind = filters.MultipleChoiceFilter(choices=TripKind.choices)
    customer = filters.NumberFilter(method="filter_customer", max_value=2**62)
    requested_from = MomentFilter(field_name="requested_at", lookup_expr="gte")
    requested_until = MomentFilter(field_name="requested_at", lookup_expr="lt")

    class Meta:
        model = Quote
        fields: list[str] = []

    def filter_customer(self, rows, name, value):  # type: ignore[no-untyped-def]
        """Those of a contact, and of all that were merged into it."""
        return rows.filter(customer__in=Contact.objects.standing_for(value).values("pk"))


class QuoteViewSet(HistoryMixin, ReadViewSet):
    """Requests and their offers, from the first call to the customer's answer."""

    tag = "operations"
    queryset = Quote.objects.select_related("customer", "requirement").order_by(
        "-requested_at", "-pk"
    )
    serializer_class = shapes.QuoteSerializer
    lookup_field = "number"
    lookup_value_regex = NUMBER
    filterset_class = QuoteFilter
    search_fields = ["number", "title", "customer__name", "requester_name"]
    ordering_fields = ["requested_at", "number", "status"]
    input_serializers = {
        "create": shapes.RequestQuoteSerializer,
        "partial_update": shapes.ChangeRequestSerializer,
        "find_options": offer_shapes.QuoteOptionsSerializer,
        "price": offer_shapes.PriceQuoteSerializer,
        "send": offer_shapes.SendQuoteSerializer,
        "accept": offer_shapes.RecordAcceptanceSerializer,
        "decline": DeclineQuoteSerializer,
        "withdraw": ReasonSerializer,
        "supersede": shapes.SupersedeQuoteSerializer,
    }
    action_permissions = {
        "history": "view",
        "find_options": "price",
        "versions": "operations.view_quoteversion",
        "declines": "operations.view_decline",
        "decline": "operations.add_decline",
        "supersede": "operations.withdraw_quote",
    }

    def get_queryset(self) -> Any:
        rows = with_totals(super().get_queryset())
        if self.action == "list":
            return rows
        legs = RequestedLeg.objects.select_related("origin", "destination").order_by("sequence")
        return rows.prefetch_related(Prefetch("requested_legs", legs))

    def get_serializer_class(self) -> Any:
        return shapes.QuoteSerializer if self.action == "list" else Detail

    def get_object(self) -> Any:
        quote = super().get_object()
        return self._with_declines(quote)

    def respond(self, instance: Any, code: int = status.HTTP_200_OK) -> Response:
        found = self._with_declines(self.get_queryset().get(pk=instance.pk))
        data = self.get_serializer_class()(found, context=self.get_serializer_context()).data
        return with_etag(Response(data, status=code), found)

    @documented(
        summary="Take down a request",
        request=shapes.RequestQuoteSerializer,
        responses={201: Detail},
    )
    @idempotent
    def create(self, request: UserRequest) -> Response:
        """
        Take down what a customer asks for.

        Example: `{"customer": 12, "title": "Inter-hospital transfer", "currency": "AUD", "legs":
        [{"origin": "YSCB", "destination": "YSSY", "earliest_departure_at":
        "2026-12-01T20:00:00Z", "has_patient": true, "passengers": 1}]}`.
        """
        quote = requests.request_quote(**self.validated(), actor=request.user, at=timezone.now())
        return self.respond(quote, status.HTTP_201_CREATED)

    @documented(
        summary="Change a request",
        request=shapes.ChangeRequestSerializer,
        responses={200: Detail},
    )
    def partial_update(self, request: UserRequest, number: str) -> Response:
        """Change what is asked for, while no offer is out. Needs If-Match."""
        quote = self.get_object()
        changes = self.validated()
        quote = requests.change_request(
            quote,
            legs=changes.pop("legs", None),
            changes=changes,
            version=self.expected_version(),
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(quote)

    @documented(
        summary="Search options for a request",
        request=offer_shapes.QuoteOptionsSerializer,
        responses={200: FlightOptionSerializer(many=True)},
    )
    @action(
        detail=True,
        methods=["post"],
        url_path="options",
        pagination_class=None,
        filter_backends=[],
    )
    def find_options(self, request: UserRequest, number: str) -> Response:
        """
        Plan and price the request with every aircraft; nothing is stored.

        Able ones first, cheapest first; the others with every reason why not. Example:
        `{"rate_card": "standard-aud", "wind": {"direction_deg": 270, "speed_kt": 60}}`.
        """
        given = self.validated()
        found = options_of(
            self.get_object(),
            card=given["rate_card"],
            rows=Aircraft.objects.visible_to(request.user),
            wind=given.get("wind"),
            team_rides=given["team_rides"],
            now=timezone.now(),
        )
        return Response(FlightOptionSerializer(found, many=True).data)

    @documented(
        summary="Price a plan",
        request=offer_shapes.PriceQuoteSerializer,
        responses={201: offer_shapes.QuoteVersionSerializer},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def price(self, request: UserRequest, number: str) -> Response:
        """
        Price a plan as the next version; one that is with the customer is superseded by it.

        The request is planned with the aircraft: one that cannot fly it refuses (409) with its
        reasons, as does a price that is needed and not on the card. For the price of an option give
        the `wind` and `team_rides` that it was searched with; every plan names its own. `itinerary`
        is a plan made by hand instead. Example: `{"aircraft": "N350WS", "rate_card":
        "standard-aud", "wind": {"direction_deg": 270, "speed_kt": 60}, "evidence": [{"leg": 2,
        "is_equipped": true, "is_exclusive": true, "reference": "Sheet 4411"}]}`.
        """
        quote = self.get_object()
        given = self.validated()
        facts = {name: given.pop(name) for name in FACTS if name in given}
        aircraft = given["aircraft"]
        now = timezone.now()
        by_hand = given.pop("itinerary", None)
        assumed = {"wind": given.pop("wind", None), "team_rides": given.pop("team_rides")}
        if by_hand is None:
            plan = plan_of(quote, aircraft, **assumed, now=now)
        else:
            plan = read_itinerary(by_hand, aircraft=aircraft, now=now)
        version = prices.price_version(
            quote,
            itinerary=plan,
            card=given.pop("rate_card"),
            facts=price_facts(plan, aircraft, **facts),
            **_renamed(given, valid_hours="valid_for"),
            actor=request.user,
            at=now,
        )
        return _version(version, status.HTTP_201_CREATED)

    @documented(
        summary="Send an offer",
        request=offer_shapes.SendQuoteSerializer,
        responses={200: offer_shapes.SentOfferSerializer},
    )
    @action(detail=True, methods=["post"])
    def send(self, request: UserRequest, number: str) -> Response:
        """
        Give a version to the customer: it never changes again. The answer alone shows its link.

        Earlier refusals nearby or of the same patient must be named as acknowledged; a plan that
        leaves something open of the request (`unserved`) needs an `unserved_reason`. Example:
        `{"sequence": 2, "to": "desk@hospital.example", "acknowledged_declines": [31]}`.
        """
        response = self._send(request, number)
        # Made again from the salt: the answer kept for a repeated request does not hold the link.
        salt = QuoteVersion.objects.values_list("link_salt", flat=True).get(pk=response.data["id"])
        response.data = {
            **response.data,
            "link": request.build_absolute_uri(f"/api/operations/offers/{token_of(salt)}/"),
        }
        response["Cache-Control"] = "no-store"
        return response

    @idempotent
    def _send(self, request: UserRequest, number: str) -> Response:
        quote = self.get_object()
        given = self.validated()
        version = offers.send_version(
            self._version_of(quote, given.pop("sequence")),
            **given,
            actor=request.user,
            at=timezone.now(),
        )
        return _version(version)

    @documented(
        summary="Record a customer's yes",
        request=offer_shapes.RecordAcceptanceSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def accept(self, request: UserRequest, number: str) -> Response:
        """
        Record that the customer accepted exactly the offer with this hash.

        Example: `{"sequence": 2, "content_hash": "9f...", "name": "J. García, by telephone"}`.
        """
        quote = self.get_object()
        given = self.validated()
        given.setdefault("acknowledged_declines", [])
        offers.accept_version(
            self._version_of(quote, given.pop("sequence")),
            **given,
            actor=request.user,
            at=timezone.now(),
        )
        return self.respond(quote)

    @documented(
        summary="Decline a request", request=DeclineQuoteSerializer, responses={200: Detail}
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def decline(self, request: UserRequest, number: str) -> Response:
        """
        Record who will not fly it and why. Example: `{"by": "us", "reason": "weather"}`.
        """
        quote = requests.decline_quote(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(quote)

    @documented(summary="Withdraw a quote", request=ReasonSerializer, responses={200: Detail})
    @action(detail=True, methods=["post"])
    @idempotent
    def withdraw(self, request: UserRequest, number: str) -> Response:
        """Take a request or an offer back. Example: `{"reason": "Aircraft sold"}`."""
        quote = requests.withdraw_quote(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(quote)

    @documented(
        summary="Supersede a quote",
        request=shapes.SupersedeQuoteSerializer,
        responses={200: Detail},
    )
    @action(detail=True, methods=["post"])
    @idempotent
    def supersede(self, request: UserRequest, number: str) -> Response:
        """
        Close a request that the customer made again; its links answer 410 from now on.

        Example: `{"by": "QT-2026-0043"}`.
        """
        quote = requests.supersede_quote(
            self.get_object(), **self.validated(), actor=request.user, at=timezone.now()
        )
        return self.respond(quote)

    @documented(
        summary="List the versions", responses={200: shapes.OfferSummarySerializer(many=True)}
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def versions(self, request: Request, number: str) -> Response:
        """Every version of the offer, newest first (the first 200)."""
        quote = self.get_object()
        rows = quote.versions.select_related("aircraft").order_by("-sequence")[:MOST_VERSIONS]
        rows = list(rows)
        quote.newest_sequence = rows[0].sequence if rows else None
        context = {"quote": quote, "now": timezone.now()}
        return Response(shapes.OfferSummarySerializer(rows, many=True, context=context).data)

    @documented(
        summary="List refusals to know of", responses={200: EarlierDeclineSerializer(many=True)}
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def declines(self, request: Request, number: str) -> Response:
        """
        Refusals in the last six hours within 5 NM or of the same patient (14 CFR 135.617).

        The newest 200; an offer that is refused for want of acknowledgements names them all.
        """
        quote = self.get_object()
        return Response(EarlierDeclineSerializer(quote.earlier_declines, many=True).data)

    def _version_of(self, quote: Quote, sequence: int) -> QuoteVersion:
        version = quote.versions.filter(sequence=sequence).select_related("aircraft").first()
        if version is None:
            raise NotFound
        version.quote = quote
        return version

    def _with_declines(self, quote: Quote) -> Quote:
        quote.earlier_declines = list(declines_before(quote, at=timezone.now())[:200])  # type: ignore[attr-defined]
        return quote


def _version(version: QuoteVersion, code: int = status.HTTP_200_OK) -> Response:
    found = VERSIONS.get(pk=version.pk)
    return Response(offer_shapes.QuoteVersionSerializer(found).data, status=code)


def _renamed(given: dict[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in given.items()}
