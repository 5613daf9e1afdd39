import pytest
from django.db import IntegrityError, connection, transaction

from rpas.models import F2DefectEntry, F2FlightHoursEntry, F2TechnicalLogPartA, RPASAircraft
from rpas.services.defects import certify_defect, rectify_defect
from tests.rpas.factories import (
    NOW,
    TODAY,
    AircraftFactory,
    DefectFactory,
    EntryFactory,
    PartAFactory,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def fly(aircraft, minutes, **more):
    return EntryFactory(
        aircraft=aircraft, kind="flight", time_in_service_min=minutes, cycles=1, flights=1, **more
    )


def test_each_entry_carries_the_hash_of_the_one_before_and_the_progressive_total():
    aircraft = AircraftFactory(airworthy=False, time_in_service_min=590, cycles=30, flights=28)

    first, second = fly(aircraft, 25), fly(aircraft, 31)

    assert (first.sequence, second.sequence) == (1, 2)
    assert first.previous_hash == "0" * 64
    assert second.previous_hash == first.hash
    assert (second.progressive_total_min, second.progressive_cycles) == (646, 32)
    assert (aircraft.time_in_service_min, aircraft.cycles, aircraft.flights) == (646, 32, 30)
    assert (aircraft.brought_forward_min, aircraft.brought_forward_flights) == (590, 28)
    assert (aircraft.part_b_sequence, aircraft.part_b_hash) == (2, second.hash)


@pytest.mark.parametrize(
    "change",
    [
        {"time_in_service_min": 10},
        {"time_in_service_min": 600},
        {"cycles": 99},
        {"flights": 0},
        {"brought_forward_min": 1},
        {"part_b_sequence": 0, "part_b_hash": "", "time_in_service_min": 590},
    ],
)
def test_totals_that_disagree_with_the_log_are_refused_by_the_database(change):
    aircraft = AircraftFactory(airworthy=False, time_in_service_min=590)
    fly(aircraft, 25)

    with pytest.raises(IntegrityError), transaction.atomic():
        RPASAircraft.objects.filter(pk=aircraft.pk).update(**change)

    aircraft.refresh_from_db()
    assert aircraft.time_in_service_min == 615


def test_an_entry_is_neither_changed_nor_removed():
    entry = EntryFactory()

    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        F2FlightHoursEntry.objects.filter(pk=entry.pk).update(findings="none")
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        F2FlightHoursEntry.objects.filter(pk=entry.pk).delete()

    assert F2FlightHoursEntry.objects.filter(pk=entry.pk, findings="").exists()


def test_the_hash_is_that_of_the_canonical_json(now):
    entry = EntryFactory()

    with connection.cursor() as cursor:
        cursor.execute("SELECT rpas_part_b_digest(previous_hash, e) FROM rpas_f2flighthoursentry e")
        (digest,) = cursor.fetchone()

    assert digest == entry.hash
    assert len(digest) == 64


@pytest.mark.parametrize(
    "change", [{"max_gross_mass_kg": 3.0}, {"issued_arn": "1"}, {"status": "draft"}]
)
def test_an_issued_part_a_cannot_be_changed(change):
    part_a = PartAFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        F2TechnicalLogPartA.objects.filter(pk=part_a.pk).update(**change)


def test_an_issued_part_a_can_only_be_superseded_and_then_not_even_that():
    part_a = PartAFactory()

    F2TechnicalLogPartA.objects.filter(pk=part_a.pk).update(status="superseded")
    with pytest.raises(IntegrityError), transaction.atomic():
        F2TechnicalLogPartA.objects.filter(pk=part_a.pk).update(status="issued")

    part_a.refresh_from_db()
    assert part_a.status == "superseded"
    assert len(part_a.content_hash) == 64


def test_one_aircraft_has_one_issued_part_a():
    part_a = PartAFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        PartAFactory(aircraft=part_a.aircraft)


def test_an_issued_part_a_is_not_deleted_and_a_draft_may_be():
    part_a, draft = PartAFactory(), PartAFactory(draft=True)

    with pytest.raises(IntegrityError), transaction.atomic():
        F2TechnicalLogPartA.objects.filter(pk=part_a.pk).delete()
    F2TechnicalLogPartA.objects.filter(pk=draft.pk).delete()

    assert list(F2TechnicalLogPartA.objects.all()) == [part_a]
    assert part_a.issued_at < NOW


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "minor"},
        {"description": "Nothing"},
        {"found_name": "Kim"},
        {"aircraft": None},
    ],
)
def test_what_was_found_cannot_be_changed(change):
    defect = DefectFactory()
    if "aircraft" in change:
        change = {"aircraft": AircraftFactory()}

    with pytest.raises(IntegrityError), transaction.atomic():
        F2DefectEntry.objects.filter(pk=defect.pk).update(**change)


def test_a_rectification_and_a_certification_stand(now):
    fitter = UserFactory()
    defect = rectify_defect(DefectFactory(), action="Arm replaced", actor=fitter, at=now)
    rows = F2DefectEntry.objects.filter(pk=defect.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(rectified_action="Nothing")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(last_checked_on=TODAY)
    certify_defect(defect, actor=fitter, at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(certified_name="Kim")


def test_a_defect_is_not_deleted():
    defect = DefectFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        F2DefectEntry.objects.filter(pk=defect.pk).delete()
