"""Accuracy and medium: what they take, what they cost, and what is refused."""

import math
from decimal import Decimal

import pytest
from django.utils import translation

from client_management.exceptions import NotFeasible
from client_management.models import ServiceRequest
from client_management.queries.assessments import Options
from client_management.services import quotes, requests
from client_management.specifications import specification_of
from client_management.survey.accuracy import (
    TooCoarse,
    best_from_scan_cm,
    contradiction,
    control_for,
    points_for,
)
from client_management.survey.equipment import MULTIROTOR, SCANNER
from client_management.survey.estimate import lines_for
from common.exceptions import InvalidInput
from common.languages import told
from tests.client_management import scene

LIDAR = {"density_m2": 100, "height_agl_m": 80}


def control(service="mapping", *, area_ha=10.0, has_rtk=False, **asked):
    wanted = specification_of(service, asked)
    how = lines_for(wanted, MULTIROTOR, 120.0)
    return control_for(wanted, how, SCANNER, area_ha=area_ha, has_rtk=has_rtk)


def test_pixels_are_good_to_one_of_themselves():
    for accuracy, is_refused in {2.5: False, 2.49: True, 1.0: True, 300.0: False}.items():
        found = contradiction(specification_of("mapping", {"gsd_cm": 2.5, "accuracy_cm": accuracy}))
        expected = TooCoarse(gsd=2.5, best=2.5, asked=accuracy) if is_refused else None
        assert found == expected
    assert contradiction(specification_of("lidar", LIDAR | {"accuracy_cm": 1})) is None


def test_a_scan_is_good_to_what_position_and_lean_add_up_to():
    by_hand = math.hypot(2.0, math.tan(math.radians(0.02)) / 0.55894170 * 80 * 100)

    assert best_from_scan_cm(SCANNER, 80) == pytest.approx(by_hand) == pytest.approx(5.38, abs=0.01)
    assert not control("lidar", **LIDAR, accuracy_cm=5).is_possible
    assert control("lidar", **LIDAR, accuracy_cm=6).is_possible
    assert control("lidar", **(LIDAR | {"height_agl_m": 40}), accuracy_cm=5).is_possible


def test_points_follow_from_the_accuracy_the_area_and_the_receiver():
    assert [points_for(ha) for ha in (0.1, 20, 20.1, 100)] == [5, 5, 6, 9]
    cases = [
        ({"accuracy_cm": 5}, False, 5),
        ({"accuracy_cm": 5}, True, 0),
        ({"accuracy_cm": 4.9}, True, 5),
        ({"accuracy_cm": 299}, False, 5),
        ({"accuracy_cm": 5, "control_points": 8}, False, 8),
        ({"accuracy_cm": 5, "control_points": 8}, True, 8),
        ({"control_points": 3}, False, 3),
    ]
    for asked, has_rtk, points in cases:
        assert control(gsd_cm=2.5, has_rtk=has_rtk, **asked).points == points, asked
    assert control(gsd_cm=2.5) is None
    assert control(gsd_cm=2.5, accuracy_cm=300) is None
    assert control("lidar", **LIDAR) is None
    assert control("lidar", **LIDAR, accuracy_cm=10).needs_rtk
    assert control("video", minutes=10) is None


@pytest.mark.django_db
def test_an_accuracy_finer_than_the_pixels_is_refused_where_it_stands(client_org, actor, now):
    given = {"gsd_cm": 2.5, "accuracy_cm": 1}
    with pytest.raises(InvalidInput) as refusal:
        scene.request(client_org, actor, now, specifications=given)

    assert refusal.value.details["pointer"] == "/specifications/accuracy_cm"
    assert "2.5 cm" in str(refusal.value)
    assert "gsd_cm of 1 or less" in str(refusal.value)
    with translation.override("de"):
        assert "Pixel von 2.5 cm" in told(refusal.value)
    assert not ServiceRequest.objects.exists()
    made = scene.request(client_org, actor, now)
    with pytest.raises(InvalidInput):
        requests.amend_request(
            made, changes={"specifications": given}, version=None, actor=actor, at=now
        )


@pytest.mark.django_db
def test_what_was_stored_before_is_found_out_by_the_assessment(client_org, actor, now):
    made = scene.request(client_org, actor, now)
    stored = made.specifications | {"accuracy_cm": 1}
    ServiceRequest.objects.filter(pk=made.pk).update(specifications=stored)
    made.refresh_from_db()
    found = scene.assessed(made, actor, now)

    assert [each["code"] for each in found.findings] == ["accuracy_beyond"]
    assert not found.is_feasible
    assert found.survey["control"]["best_cm"] == pytest.approx(2.5, abs=0.01)


@pytest.mark.django_db
def test_control_points_and_drives_are_needs_field_time_and_lines_of_the_offer(actor, now):
    client = scene.client(actor, now)
    prices = (*scene.RATES, ("field_day", "day", "100"), ("control", "each", "40.00"))
    scene.contract(actor, now, client, rates=(*prices, ("drive", "each", "95.00")))
    fine = {"gsd_cm": 2.5, "accuracy_cm": 4, "media": "drive"}
    made = scene.request(client, actor, now, specifications=fine)
    found = scene.assessed(made, actor, now)
    said = {each["code"]: each for each in found.findings}
    made.refresh_from_db()
    lines = {
        line.code: line for line in quotes.price_request(made, actor=actor, at=now).lines.all()
    }

    assert set(said) == {"needs_control", "drive"}
    assert "5 control points" in said["needs_control"]["text"]
    assert "ASPRS" in said["needs_control"]["citation"]
    assert found.is_feasible
    assert found.survey["control"]["points"] == 5
    assert (lines["control"].quantity, lines["control"].amount) == (5, Decimal("200.00"))
    assert (lines["drive"].quantity, lines["drive"].amount) == (1, Decimal("95.00"))
    # 5 cm can be had from the air: no points, no line of them, less time in the field.
    requests.amend_request(
        made,
        changes={"specifications": fine | {"accuracy_cm": 5, "media": "download"}},
        version=None,
        actor=actor,
        at=now,
    )
    made.refresh_from_db()
    flown = scene.assessed(made, actor, now, options=Options(has_rtk=True))
    made.refresh_from_db()
    again = quotes.price_request(made, actor=actor, at=now)

    assert [each["code"] for each in flown.findings] == ["met_by_rtk"]
    assert flown.inputs["options"]["has_rtk"]
    assert not again.lines.filter(code__in=["control", "drive"]).exists()


@pytest.mark.django_db
def test_many_points_take_another_day_in_the_field(client_org, actor, now):
    few = scene.request(client_org, actor, now)
    many = scene.request(
        client_org, actor, now, specifications={"gsd_cm": 2.5, "control_points": 40}
    )
    days = [
        Decimal(scene.assessed(made, actor, now).inputs["figures"]["field_days"])
        for made in (few, many)
    ]

    assert days == [1, 2]


@pytest.mark.django_db
def test_a_scan_takes_an_aircraft_that_knows_where_it_is(client_org, actor, now):
    made = scene.request(
        client_org, actor, now, service_type="lidar", specifications=LIDAR | {"accuracy_cm": 10}
    )
    without = scene.assessed(made, actor, now)
    made.refresh_from_db()
    with pytest.raises(NotFeasible) as refusal:
        quotes.price_request(made, actor=actor, at=now)
    knows = scene.assessed(made, actor, now, options=Options(has_rtk=True))

    assert [each["code"] for each in without.findings] == ["needs_rtk"]
    assert refusal.value.details["findings"][0]["code"] == "needs_rtk"
    assert (knows.is_feasible, [each["code"] for each in knows.findings]) == (True, ["met_by_rtk"])


@pytest.mark.django_db
def test_a_bucket_that_nobody_named_is_asked_for(client_org, actor, now):
    unnamed, named = (
        scene.request(
            client_org,
            actor,
            now,
            specifications={"gsd_cm": 2.5, "media": "bucket", "notes": notes},
        )
        for notes in (" ", "s3://pit-surveys")
    )

    assert [e["code"] for e in scene.assessed(unnamed, actor, now).findings] == ["bucket_unnamed"]
    assert scene.assessed(named, actor, now).findings == []
