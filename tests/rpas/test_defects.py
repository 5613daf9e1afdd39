from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from common.exceptions import InvalidInput, TransitionNotAllowed
from common.models import OutboxEvent
from rpas.exceptions import AircraftRetired, MajorDefectNotDeferrable, NoReferenceNumber
from rpas.models import DefectStatus, F2DefectEntry
from rpas.services import aircraft as fleet
from rpas.services.defects import certify_defect, defer_defect, raise_defect, rectify_defect
from tests.rpas.factories import DefectFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def announced():
    names = OutboxEvent.objects.order_by("pk").values_list("name", flat=True)
    return [name for name in names if name.startswith("rpas.")]


def find(aircraft, actor, now, severity="major"):
    return raise_defect(aircraft, severity=severity, description="Cracked arm", actor=actor, at=now)


def test_a_major_defect_grounds_the_aircraft(aircraft, pilot, now):
    defect = find(aircraft, pilot, now)

    assert list(F2DefectEntry.objects.grounding()) == [defect]
    assert (defect.found_by, defect.found_arn) == (pilot, pilot.profile.arn)
    assert defect.part_a == aircraft.technical_logs.get()
    assert announced() == ["rpas.defect_raised", "rpas.aircraft_grounded"]


def test_a_minor_defect_does_not_ground(aircraft, pilot, now):
    find(aircraft, pilot, now, "minor")

    assert not F2DefectEntry.objects.grounding().exists()
    assert announced() == ["rpas.defect_raised"]


def test_anybody_may_find_a_defect_but_not_in_the_future(aircraft, now):
    finder = UserFactory(profile=None)

    assert find(aircraft, finder, now).found_arn == ""
    with pytest.raises(InvalidInput):
        raise_defect(
            aircraft,
            severity="minor",
            description="x",
            found_at=now + timedelta(seconds=1),
            actor=finder,
            at=now,
        )


def test_a_retired_aircraft_takes_no_defect(aircraft, pilot, now):
    fleet.retire(aircraft, reason="Sold", actor=pilot, at=now)

    with pytest.raises(AircraftRetired):
        find(aircraft, pilot, now)


def test_only_a_minor_defect_is_deferred(aircraft, pilot, now):
    major, minor = find(aircraft, pilot, now), find(aircraft, pilot, now, "minor")

    deferred = defer_defect(minor, reason="Part ordered", actor=pilot, at=now)
    with pytest.raises(MajorDefectNotDeferrable):
        defer_defect(major, reason="Part ordered", actor=pilot, at=now)

    assert (deferred.status, deferred.deferred_reason) == (DefectStatus.DEFERRED, "Part ordered")
    assert deferred in F2DefectEntry.objects.open()


def test_the_last_rectified_major_defect_releases_the_aircraft(aircraft, pilot, now):
    first, second = find(aircraft, pilot, now), find(aircraft, pilot, now)

    rectify_defect(first, action="Replaced", actor=pilot, at=now)
    assert "rpas.aircraft_released" not in announced()
    rectified = rectify_defect(second, action="Replaced", actor=pilot, at=now)

    assert announced()[-2:] == ["rpas.defect_rectified", "rpas.aircraft_released"]
    assert (rectified.rectified_name, rectified.rectified_arn) == (
        pilot.full_name,
        pilot.profile.arn,
    )
    assert not F2DefectEntry.objects.open().exists()


def test_work_by_somebody_else_is_signed_with_name_and_arn_together(aircraft, pilot, now):
    defect = find(aircraft, pilot, now)

    with pytest.raises(InvalidInput):
        rectify_defect(defect, action="Replaced", name="Kim Fitter", actor=pilot, at=now)
    with pytest.raises(InvalidInput):
        rectify_defect(defect, action="Replaced", arn="712345", actor=pilot, at=now)
    done = rectify_defect(
        defect, action="Replaced", name="Kim Fitter", arn="712345", actor=pilot, at=now
    )

    assert (done.rectified_name, done.rectified_arn, done.rectified_by) == (
        "Kim Fitter",
        "712345",
        pilot,
    )


def test_without_an_arn_nothing_is_rectified_or_certified(aircraft, pilot, now):
    nameless = UserFactory(profile=None)
    defect = find(aircraft, pilot, now)

    with pytest.raises(NoReferenceNumber):
        rectify_defect(defect, action="Replaced", actor=nameless, at=now)
    rectify_defect(defect, action="Replaced", actor=pilot, at=now)
    with pytest.raises(NoReferenceNumber):
        certify_defect(defect, actor=nameless, at=now)


def test_a_rectification_is_certified_once_and_not_before(aircraft, pilot, controller, now):
    defect = find(aircraft, pilot, now)

    with pytest.raises(TransitionNotAllowed):
        certify_defect(defect, actor=controller, at=now)
    rectify_defect(defect, action="Replaced", actor=pilot, at=now)
    certified = certify_defect(defect, actor=controller, at=now)
    with pytest.raises(TransitionNotAllowed):
        certify_defect(defect, actor=controller, at=now)
    with pytest.raises(TransitionNotAllowed):
        rectify_defect(defect, action="Again", actor=pilot, at=now)

    assert certified.certified_arn == controller.profile.arn


@pytest.mark.parametrize(
    "change",
    [
        {"rectified_name": "Kim"},
        {"status": "rectified"},
        {"status": "deferred"},
        {"status": "certified"},
    ],
)
def test_the_database_keeps_deeds_whole(change):
    defect = DefectFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        F2DefectEntry.objects.filter(pk=defect.pk).update(**change)


@pytest.mark.parametrize("fault", [{"severity": "medium"}, {"description": ""}])
def test_the_database_takes_no_defect_without_severity_and_description(fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        DefectFactory(**fault)


def test_every_status_is_reachable():
    reached = {DefectStatus.OPEN} | {
        to for moves in F2DefectEntry.TRANSITIONS.values() for to in moves
    }

    assert reached == set(DefectStatus)
