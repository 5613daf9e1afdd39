"""Trips, legs, crew and services as the desk looks at them."""

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from operations.models import (
    CrewLine,
    DutyPeriod,
    GroundLeg,
    LegDelay,
    LegDeparture,
    ServiceItem,
    Trip,
    TripLeg,
)


def trips_in_short() -> QuerySet[Trip]:
    """Trips with what a list shows of them."""
    waiting = Q(service_items__needs_recheck=True)
    return Trip.objects.select_related(
        "aircraft", "customer", "quote", "coordinator", "requirement__patient"
    ).annotate(services_to_recheck=Count("service_items", filter=waiting, distinct=True))


def trips_in_full() -> QuerySet[Trip]:
    """Trips with everything that their page shows, in a number of statements that stays."""
    return (
        trips_in_short()
        .select_related("control_specialist")
        .prefetch_related(
            Prefetch("legs", queryset=legs_in_full().order_by("sequence")),
            Prefetch("service_items", queryset=services_in_full().order_by("needed_at", "pk")),
            Prefetch(
                "duty_periods",
                queryset=DutyPeriod.objects.select_related("person").order_by("report_at", "pk"),
            ),
        )
    )


def legs_in_full() -> QuerySet[TripLeg]:
    """Legs with places, crew, roads and delays; `delay_min` is what was given a cause."""
    recorded = LegDelay.objects.filter(leg=OuterRef("pk")).order_by().values("leg")
    total = recorded.annotate(total=Sum("minutes")).values("total")
    return (
        TripLeg.objects.select_related(
            "trip", "origin", "destination", "alternate", "diverted_to", "runway"
        )
        .annotate(delay_min=Coalesce(Subquery(total), 0))
        .prefetch_related(
            Prefetch("crew", queryset=crew_in_full().order_by("role", "pk")),
            Prefetch("ground_legs", queryset=ground_legs_in_full().order_by("-is_pickup", "pk")),
            Prefetch("delays", queryset=LegDelay.objects.order_by("pk")),
            Prefetch(
                "departures",
                queryset=LegDeparture.objects.select_related("recorded_by").order_by("pk"),
            ),
        )
    )


def ground_legs_in_full() -> QuerySet[GroundLeg]:
    """Roads with where they lead and who drives."""
    return GroundLeg.objects.select_related("leg", "trip", "place", "provider")


def crew_in_full() -> QuerySet[CrewLine]:
    """Places on legs with whose they are."""
    return CrewLine.objects.select_related(
        "person", "duty", "leg__trip", "leg__origin", "leg__destination"
    )


def services_in_full() -> QuerySet[ServiceItem]:
    """Services with who provides them where."""
    return ServiceItem.objects.select_related(
        "trip", "leg", "airport", "fbo", "ground_provider", "contact"
    )
