"""Which center answers for an operation: the one named, else by where it is."""

from datetime import time, timedelta

import pytest

from common.geo import point
from dispatcher.models import DispatchCenter
from dispatcher.queries.day_rows import operations_of_center, operations_of_day
from dispatcher.queries.responsible import center_of_operation
from dispatcher.services import assignments, centers, demands
from dispatcher.services.assignments import Wish
from tests.dispatcher.scene import OPENS, at_the_desk
from tests.flight_operations.factories import LAT, LON, box

NINE = OPENS + timedelta(hours=3)
FAR_KM = 101.2


def center_of(desk, name, **fields):
    """One more center of the operator, at the far end unless it has no area."""
    return DispatchCenter.objects.create(
        operator=desk.operator,
        code=f"{name}-{desk.operator.pk}",
        name=name,
        point=point(lat=LAT, lon=LON + 1),
        timezone="Australia/Perth",
        opens_at=time(6),
        closes_at=time(18),
        **fields,
    )


def narrow(desk, half_m=10_000):
    desk.center.coverage = box(half_m=half_m)
    desk.center.save()


@pytest.fixture
def two(desk):
    """Two centers with an area each, a hundred kilometers apart."""
    narrow(desk)
    return desk.center, center_of(desk, "EAST", coverage=box(lon=LON + 1, half_m=10_000))


def planned_by(*desks):
    return [set(operations_of_center(each)) for each in desks]


def test_of_two_centers_with_areas_each_plans_and_answers_for_its_own(desk, now, two):
    near, far = desk.draft(now), desk.draft(now, km_east=FAR_KM)

    assert [center_of_operation(each.pk) for each in (near, far)] == list(two)
    assert planned_by(*two) == [{near}, {far}]
    assert set(operations_of_day(desk.open(now))) == {near}


def test_what_no_area_holds_is_for_the_center_without_one(desk, now, two):
    between = desk.draft(now, km_east=50)
    # Somebody hears of it even while it is nobody's to plan.
    assert (center_of_operation(between.pk), planned_by(*two)) == (desk.center, [set(), set()])

    rest = center_of(desk, "REST")

    near = desk.draft(now)
    assert center_of_operation(between.pk) == rest
    assert planned_by(*two, rest) == [{near}, set(), {between}]


def test_the_center_that_is_named_has_it_wherever_it_lies(desk, now, two):
    first, _ = two
    far = desk.draft(now, km_east=FAR_KM)

    demands.set_demand(far, center=first, actor=desk.dispatcher, at=now)

    assert center_of_operation(far.pk) == first
    assert planned_by(*two) == [{far}, set()]


def test_a_center_that_is_closed_down_holds_no_area(desk, now, two):
    first, second = two
    first.coverage = None
    first.save()
    far = desk.draft(now, km_east=FAR_KM)
    assert planned_by(*two) == [set(), {far}]

    centers.deactivate_center(second, actor=desk.dispatcher, at=now)

    assert center_of_operation(far.pk) == first
    assert planned_by(first) == [{far}]


def test_by_hand_outside_the_area_is_told_and_stands(desk, now):
    narrow(desk)
    operation, schedule = desk.draft(now, km_east=20), desk.open(now)
    wish = Wish(operation, desk.aircraft[0], desk.pilots[0], NINE)
    text = f"The launch site lies outside the area of {desk.center.code}."

    checked = assignments.check_assignment(schedule, wish, at=now)
    row = assignments.assign(schedule, wish, actor=desk.dispatcher, at=now)

    (told,) = [each for each in checked.findings if each.rule == "DISPATCH-AREA"]
    assert (told.color, told.message) == ("amber", text)
    assert checked.blockers == ()
    assert text in [each["message"] for each in row.why["findings"]]
    # What stands in its plan is planned on, not lost.
    assert set(operations_of_day(schedule)) == {operation}


def test_by_hand_within_the_area_nothing_is_told_of_it(desk, now):
    narrow(desk)
    wish = Wish(desk.draft(now, km_east=5), desk.aircraft[0], desk.pilots[0], NINE)

    checked = assignments.check_assignment(desk.open(now), wish, at=now)

    assert "DISPATCH-AREA" not in {each.rule for each in checked.findings}


@pytest.mark.parametrize(("km", "outside"), [(20, True), (5, False)])
def test_who_names_a_center_is_told_that_the_site_is_outside_its_area(
    client_for, desk, now, km, outside
):
    narrow(desk)
    client = client_for(at_the_desk(desk, "add_operationdemand", "view_operationdemand"))
    asked = {"operation": desk.draft(now, km_east=km).number, "center": desk.center.code}

    answer = client.post("/api/dispatcher/demands/", asked, format="json")

    assert answer.status_code in (200, 201), answer.json()
    assert answer.json()["is_outside_area"] is outside
    (listed,) = client.get("/api/dispatcher/demands/").json()["results"]
    assert listed["is_outside_area"] is outside
