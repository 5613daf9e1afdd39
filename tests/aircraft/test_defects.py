from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from aircraft.exceptions import DeferralTooLate, NotExtendable
from aircraft.models import Defect, DefectStatus, MaintenanceLog
from aircraft.services.defects import (
    certify_defect,
    defer_defect,
    extend_deferral,
    raise_defect,
    rectify_defect,
)
from common.exceptions import InvalidInput, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from tests.aircraft.factories import TODAY, DefectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def defect(tail):
    return DefectFactory(aircraft=tail)


def test_a_defect_goes_from_found_to_certified_and_into_the_log(tail, controller, now):
    defect = raise_defect(tail, description="Tire worn", actor=controller, at=now)
    rectify_defect(
        defect,
        action="Tire replaced",
        license_number="a-12",
        name="R. Okafor",
        actor=controller,
        at=now + timedelta(hours=1),
    )
    certify_defect(defect, license_number="3541208", actor=controller, at=now + timedelta(hours=2))

    defect.refresh_from_db()
    log = MaintenanceLog.objects.get()
    assert (defect.number, defect.status) == ("DF-2026-0001", DefectStatus.CERTIFIED)
    assert (defect.rectified_name, defect.rectified_license) == ("R. Okafor", "A-12")
    assert (log.work_done, log.released_license) == ("Tire replaced", "3541208")
    assert log.released_name == controller.full_name
    assert log.time_in_service_min == 60_000
    assert StatusChange.objects.count() == 2
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "aircraft.defect_raised",
        "aircraft.defect_rectified",
        "aircraft.defect_certified",
    }
    assert OutboxEvent.objects.filter(name="aircraft.defect_raised").exists()


def test_the_day_a_defect_is_found_is_the_bases_own(tail, controller, now):
    # 03:30 UTC on the 15th is still the evening of the 14th in Boise.
    at = now + timedelta(hours=5)

    defect = raise_defect(tail, description="Lamp", actor=controller, at=at)

    assert at.date() == date(2026, 3, 15)
    assert defect.found_on == TODAY


@pytest.mark.parametrize(
    ("category", "limit_on"),
    [
        ("A", date(2026, 3, 15)),
        ("B", date(2026, 3, 17)),
        ("C", date(2026, 3, 24)),
        ("D", date(2026, 7, 12)),
    ],
)
def test_the_repair_interval_leaves_out_the_day_of_recording(
    defect, controller, now, category, limit_on
):
    given = {"stated_days": 1} if category == "A" else {}

    deferred = defer_defect(
        defect, mel_item="34-41-01", category=category, actor=controller, at=now, **given
    )

    assert deferred.status == DefectStatus.DEFERRED
    assert deferred.limit_on == limit_on


@pytest.mark.parametrize(("category", "stated"), [("A", None), ("B", 5)])
def test_only_category_a_takes_days_of_its_own(defect, controller, now, category, stated):
    with pytest.raises(InvalidInput) as refusal:
        defer_defect(
            defect,
            mel_item="34-41-01",
            category=category,
            stated_days=stated,
            actor=controller,
            at=now,
        )

    assert refusal.value.details["pointer"] == "/stated_days"


def test_a_defect_found_too_long_ago_cannot_be_deferred(defect, controller, now):
    with pytest.raises(DeferralTooLate):
        defer_defect(
            defect, mel_item="1", category="B", actor=controller, at=now + timedelta(days=4)
        )

    defect.refresh_from_db()
    assert defect.status == DefectStatus.OPEN


def deferred(defect, controller, now, category="C"):
    stated = {"stated_days": 10} if category == "A" else {}
    return defer_defect(
        defect, mel_item="34-41-01", category=category, actor=controller, at=now, **stated
    )


def test_a_deferral_is_extended_once_by_as_long_again_at_most(defect, controller, now):
    defect = deferred(defect, controller, now)
    with pytest.raises(InvalidInput):
        extend_deferral(defect, limit_on=date(2026, 4, 4), reason="Part", actor=controller, at=now)

    extended = extend_deferral(
        defect, limit_on=date(2026, 4, 3), reason="Part", actor=controller, at=now
    )

    assert (extended.first_limit_on, extended.limit_on) == (date(2026, 3, 24), date(2026, 4, 3))
    with pytest.raises(NotExtendable, match="before"):
        extend_deferral(
            extended, limit_on=date(2026, 4, 5), reason="Part", actor=controller, at=now
        )


@pytest.mark.parametrize("category", ["A", "D"])
def test_categories_a_and_d_are_never_extended(defect, controller, now, category):
    defect = deferred(defect, controller, now, category)

    with pytest.raises(NotExtendable, match="B and C"):
        extend_deferral(
            defect,
            limit_on=defect.limit_on + timedelta(days=1),
            reason="Part",
            actor=controller,
            at=now,
        )


def test_a_deferral_that_is_over_is_not_extended(defect, controller, now):
    defect = deferred(defect, controller, now)

    with pytest.raises(NotExtendable, match="over"):
        extend_deferral(
            defect,
            limit_on=date(2026, 3, 27),
            reason="Part",
            actor=controller,
            at=now + timedelta(days=11),
        )


def test_an_open_defect_is_not_extended(defect, controller, now):
    with pytest.raises(NotExtendable, match="open"):
        extend_deferral(defect, limit_on=date(2026, 3, 27), reason="Part", actor=controller, at=now)


def test_nothing_is_certified_before_it_is_rectified(defect, controller, now):
    with pytest.raises(TransitionNotAllowed):
        certify_defect(defect, license_number="1234", actor=controller, at=now)

    assert MaintenanceLog.objects.count() == 0


def test_a_defect_is_not_found_in_the_future(tail, controller, now):
    with pytest.raises(InvalidInput):
        raise_defect(
            tail,
            description="Lamp",
            found_at=now + timedelta(minutes=1),
            actor=controller,
            at=now,
        )


@pytest.mark.parametrize(
    "values",
    [
        {"status": "deferred"},
        {"status": "certified"},
        {"status": "rectified"},
        {"limit_on": TODAY},
        {"description": ""},
        {"category": "E"},
        {"status": "lost"},
    ],
)
def test_the_database_refuses_a_defect_that_contradicts_itself(defect, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(**values)
