from datetime import date, timedelta

import msgspec
import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from django.test.utils import CaptureQueriesContext

from airports.models import AirspaceRestriction
from common.compliance.findings import Color, Stage
from common.compliance.service import assess, is_replayable, judge, record, replay
from common.geo import point
from common.models import RuleSetting
from flight_operations.facts.gathered_fleet import gather_fleet
from flight_operations.facts.territory import is_in_territory
from flight_operations.models import OperationalAuthorization
from rpas.models import RPASAircraft
from rpas.queries.airworthiness import AircraftDay, facts_by_day
from rpas.queries.operators import operator_facts
from tests.airports.factories import AirportFactory
from tests.flight_operations.factories import (
    LAT,
    LON,
    START,
    CrewMemberFactory,
    OperationFactory,
    PlanVolumeFactory,
    box,
)
from tests.flight_operations.rules.scene import (
    NOW,
    SUBJECT,
    landed,
    ready_operation,
    reported,
)
from tests.rpas.factories import (
    AircraftFactory,
    BatteryFactory,
    DefectFactory,
    OperatorChangeFactory,
)

pytestmark = pytest.mark.django_db


def ask(operation, *, stage=Stage.RELEASE, at=NOW):
    return assess(SUBJECT, operation.pk, stage=stage, at=at)


def not_green(judged):
    return {f.rule: f.color for f in judged.assessment.findings if f.color != Color.GREEN}


def test_an_operation_with_everything_is_amber_only_for_the_missing_forecast():
    operation = ready_operation()
    reported()
    landed(OperationFactory(), operation.pilot_in_command, date(2026, 3, 10))

    assert not_green(ask(operation)) == {"WXD-TAF": Color.AMBER}


def test_a_stored_verdict_replays_equal_from_its_json():
    operation = ready_operation()
    reported()
    CrewMemberFactory(operation=operation)
    judged = ask(operation)

    verdict = record([judged])[operation.pk]
    verdict.refresh_from_db()

    assert replay(verdict) == judged.assessment
    assert is_replayable(verdict)


@pytest.mark.parametrize("stage", [Stage.PLANNING, Stage.RELEASE])
def test_the_statements_do_not_grow_with_the_operations(stage):
    reported()
    operator = ready_operation().operator
    keys = [OperationFactory(operator=operator).pk for _ in range(9)]
    keys += [OperationFactory().pk for _ in range(90)]

    counts = {}
    for size in (1, 10, 99):
        with CaptureQueriesContext(connection) as queries:
            judge(SUBJECT, keys[:size], stage=stage, at=NOW)
        counts[size] = len(queries)

    assert len(set(counts.values())) == 1
    assert counts[1] <= 22


def test_it_names_what_the_verdict_rests_on():
    operation = ready_operation()
    reported("YTST")
    member = CrewMemberFactory(operation=operation)

    keys = ask(operation).collected.dependencies

    assert keys == {
        f"flight_operation:{operation.pk}",
        f"rpas_aircraft:{operation.aircraft_id}",
        f"rpas_operator:{operation.operator_id}",
        f"rpas_authorizations:{operation.operator_id}",
        f"rpas_risk_assessments:{operation.operator_id}",
        f"user:{operation.pilot_in_command_id}",
        f"user:{member.user_id}",
        "aerodromes",
        "airspace",
        "weather",
        "weather:YTST",
    }


def test_the_verdict_may_change_just_after_the_report_is_an_hour_old():
    operation = ready_operation()
    reported(issued_at=NOW - timedelta(minutes=40))

    first = ask(operation).collected.next_change_at
    assert first == NOW + timedelta(minutes=20, seconds=1)
    assert "WXD-AGE" not in not_green(ask(operation, at=first - timedelta(seconds=1)))
    assert not_green(ask(operation, at=first))["WXD-AGE"] == Color.AMBER


def test_an_operators_stricter_age_moves_the_moment():
    operation = ready_operation()
    reported(issued_at=NOW - timedelta(minutes=20))
    RuleSetting.objects.create(
        scope=operation.scope, rule="WXD-AGE", parameter="amber_min", value=30.0,
        set_by=operation.pilot_in_command, set_at=NOW, reason="Coastal sites",
    )  # fmt: skip

    judged = ask(operation)

    assert judged.collected.next_change_at == NOW + timedelta(minutes=10, seconds=1)
    assert "WXD-AGE" not in not_green(judged)
    later = ask(operation, at=judged.collected.next_change_at)
    assert not_green(later)["WXD-AGE"] == Color.AMBER


def test_other_flights_of_the_pilot_count_as_work_drafts_do_not():
    operation = ready_operation()
    pilot = operation.pilot_in_command
    usual = {"operator": operation.operator, "pilot_in_command": pilot}
    OperationFactory(**usual, planned_start_at=START + timedelta(hours=3))
    OperationFactory(**usual, planned_start_at=START + timedelta(hours=6), draft=True)
    second = OperationFactory(planned_start_at=START + timedelta(hours=5))
    CrewMemberFactory(operation=second, user=pilot, role="second_pilot")

    work = ask(operation).collected.facts.pilot.work

    assert [period.start_at for period in work] == [
        START + timedelta(hours=3),
        START + timedelta(hours=5),
    ]
    assert {period.on for period in work} == {date(2026, 3, 15)}


def test_an_authorization_covers_only_where_its_area_holds_every_volume():
    operation = ready_operation()
    usual = {
        "operator": operation.operator, "kind": "height", "status": "granted",
        "valid_from": START - timedelta(days=1), "valid_until": START + timedelta(days=1),
        "recorded_by": operation.pilot_in_command,
    }  # fmt: skip
    from django.contrib.gis.geos import MultiPolygon  # noqa: PLC0415

    for number, half_m in (("WIDE", 500), ("TIGHT", 100)):
        area = MultiPolygon(box(half_m=half_m), srid=4326)
        OperationalAuthorization.objects.create(number=number, area=area, **usual)
    OperationalAuthorization.objects.create(number="ANY", area=None, **usual)

    found = ask(operation).collected.facts.authorizations

    assert {a.number: a.covers_area for a in found} == {"WIDE": True, "TIGHT": False, "ANY": True}


def test_a_volume_above_take_off_needs_the_ground_to_be_known():
    operation = ready_operation()
    operation.plan.volumes.all().delete()
    PlanVolumeFactory(plan=operation.plan, datum="takeoff", ceiling_m=119.0)

    assert ask(operation).collected.facts.volumes[0].top_agl_m == 121.0
    assert not_green(ask(operation))["CASR-101.238-ALT"] == Color.AMBER

    operation.plan.terrain_lowest_m = None
    operation.plan.save()
    assert not_green(ask(operation))["CASR-101.238-ALT"] == Color.RED


def test_overlapping_volumes_are_one_area():
    operation = ready_operation()
    PlanVolumeFactory(plan=operation.plan, sequence=2, area=box(lat=LAT + 0.001))

    assert len(ask(operation).collected.facts.volumes) == 2


def test_an_operation_without_a_plan_lacks_what_hangs_on_it():
    operation = OperationFactory(plan=None, draft=True)

    judged = ask(operation, stage=Stage.PLANNING)

    assert judged.collected.facts.aerodromes is None
    assert judged.assessment.color == Color.RED
    assert not_green(judged)["PLAN-COMPLETE"] == Color.AMBER


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (151.2, -33.9, True), (LON, LAT, True), (130.85, -12.45, True), (146.8, -43.0, True),
        (167.95, -29.04, True), (147.18, -9.44, False), (174.8, -41.3, False),
        (125.6, -8.6, False),
    ],
)  # fmt: skip
def test_territory_is_told_by_a_coarse_outline(lon, lat, expected):
    assert is_in_territory([(lon, lat)]) is expected


def test_the_fleet_in_one_statement_is_what_the_fleet_itself_says():
    operator = ready_operation().operator
    aircraft = [AircraftFactory(operator=operator), AircraftFactory(airworthy=False)]
    DefectFactory(aircraft=aircraft[0])
    BatteryFactory(operator=operator, aircraft=aircraft[0])
    for kind in ("aircraft_serial", "key_staff"):
        OperatorChangeFactory(operator=operator, kind=kind)
    days = [
        AircraftDay(row.pk, date(2026, 3, on), 20, 1)
        for row in (*aircraft, *RPASAircraft.objects.all())
        for on in (14, 15)
    ]

    fleet = gather_fleet(days, [operator.pk])

    assert fleet.aircraft == facts_by_day(days)
    on = date(2026, 3, 15)
    expected = operator_facts([operator.pk], on=on)[operator.pk]
    found = fleet.operators[operator.pk].facts(on)
    assert msgspec.structs.replace(found, posts=expected.posts) == expected


def test_paths_are_of_the_aerodromes_whose_code_they_carry():
    operation = OperationFactory()
    for code in ("YAAA", "YBBB"):
        AirportFactory(ident=code, icao=code, point=point(lat=LAT + 0.03, lon=LON))
    area = MultiPolygon(Polygon.from_bbox((LON, LAT, LON + 0.01, LAT + 0.01)), srid=4326)
    AirspaceRestriction.objects.create(
        name="YAAA 09 approach", kind="PATH", area=area, floor_datum="SFC", ceiling_datum="AGL",
        ceiling_m=300, source="test", source_ref="1", content_hash="1",
    )  # fmt: skip

    facts = ask(operation).collected.facts

    assert {aerodrome.ident for aerodrome in facts.aerodromes} == {"YAAA", "YBBB"}
    assert facts.path_aerodromes == ("YAAA",)
