from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory
from django.contrib.gis.geos import Polygon
from factory.django import DjangoModelFactory

from common.geo import point
from flight_operations.models import (
    CrewMember,
    Datum,
    FlightOperation,
    FlightPlan,
    OperatingCategory,
    OperationStatus,
    PlanFence,
    PlanVolume,
)
from flight_operations.plan_hash import content_hash
from tests.rpas.factories import AircraftFactory, MemberFactory, OperatorFactory
from tests.users.factories import UserFactory

# In the Gibson Desert: no aerodrome, no weather station and nobody within 50 km.
LAT, LON = -24.6, 124.4
START = datetime(2026, 3, 15, 0, 0, tzinfo=UTC)


def box(lat: float = LAT, lon: float = LON, half_m: float = 200) -> Polygon:
    """A square around a place, `half_m` metres to each side (good enough for tests)."""
    north = half_m / 111_320
    east = north / 0.9
    return Polygon.from_bbox((lon - east, lat - north, lon + east, lat + north))


class PlanVolumeFactory(DjangoModelFactory):
    sequence = 1
    area = factory.LazyFunction(box)
    floor_m = 0.0
    ceiling_m = 100.0
    datum = Datum.AGL
    starts_at = factory.LazyAttribute(lambda v: v.plan.operation.planned_start_at)
    ends_at = factory.LazyAttribute(lambda v: v.plan.operation.planned_end_at)

    class Meta:
        model = PlanVolume


class PlanFenceFactory(DjangoModelFactory):
    """A fence to stay in, a little wider than the volume."""

    name = factory.Sequence(lambda n: f"fence {n}")
    kind = PlanFence.Kind.KEEP_IN
    area = factory.LazyFunction(lambda: box(half_m=250))

    class Meta:
        model = PlanFence


class PlanFactory(DjangoModelFactory):
    """A plan that breaks no rule by itself: 90 m over empty land, with one volume."""

    operation = factory.SubFactory("tests.flight_operations.factories.OperationFactory", plan=None)
    launch_site = factory.LazyFunction(lambda: point(lat=LAT, lon=LON))
    recovery_site = factory.SelfAttribute("launch_site")
    control_station = "Beside the launch site"
    take_off_elevation_m = 430.0
    terrain_lowest_m = 428.0
    terrain_highest_m = 432.0
    max_height_agl_m = 90.0
    take_off_mass_kg = 7.5
    max_distance_pilot_m = 250.0
    min_distance_people_m = 100.0
    is_over_populous_area = False
    is_near_emergency_operation = False
    is_crewed_traffic_known = False
    is_behind_obstacles = False
    volume = factory.RelatedFactory(PlanVolumeFactory, factory_related_name="plan")

    class Meta:
        model = FlightPlan
        skip_postgeneration_save = True

    @factory.post_generation
    def fingerprint(self: FlightPlan, create: bool, extracted: Any, **kwargs: Any) -> None:
        """Hash the plan as the services would, volumes included."""
        if create:
            seal(self)


class OperationFactory(DjangoModelFactory):
    """
    A planned operation of one hour over a place far from anything, with its plan.

    The pilot is authorized by the operator and the aircraft airworthy on the day; nothing is booked
    and nothing is assessed.
    """

    class Meta:
        model = FlightOperation
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(status=OperationStatus.DRAFT)
        in_review = factory.Trait(status=OperationStatus.IN_REVIEW)
        authorised = factory.Trait(status=OperationStatus.AUTHORISED)
        ready = factory.Trait(status=OperationStatus.READY)
        active = factory.Trait(
            status=OperationStatus.ACTIVE, actual_start_at=factory.SelfAttribute("planned_start_at")
        )
        landed = factory.Trait(
            status=OperationStatus.LANDED,
            actual_start_at=factory.SelfAttribute("planned_start_at"),
            actual_end_at=factory.SelfAttribute("planned_end_at"),
        )

    number = factory.Sequence(lambda n: f"FO-2026-{9000 + n:04}")
    operator = factory.SubFactory(OperatorFactory)
    aircraft = factory.SubFactory(AircraftFactory, operator=factory.SelfAttribute("..operator"))
    pilot_in_command = factory.LazyAttribute(
        lambda o: MemberFactory(operator=o.operator, pilot=True).user
    )
    title = "Survey of a water line"
    purpose = "Photographs of a buried water line for its owner."
    category = OperatingCategory.REOC
    status = OperationStatus.PLANNED
    planned_start_at = START
    planned_end_at = factory.LazyAttribute(lambda o: o.planned_start_at + timedelta(hours=1))
    plan = factory.RelatedFactory(PlanFactory, factory_related_name="operation")


class CrewMemberFactory(DjangoModelFactory):
    operation = factory.SubFactory(OperationFactory)
    user = factory.SubFactory(UserFactory)
    role = CrewMember.Role.OBSERVER
    trained_on = date(2025, 6, 1)

    class Meta:
        model = CrewMember


def seal(plan: FlightPlan) -> FlightPlan:
    """Store the plan's fingerprint again after a test changed what it covers."""
    plan.content_hash = content_hash(plan.operation, plan)
    plan.save(update_fields=["content_hash"])
    return plan
