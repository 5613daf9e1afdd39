from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from aircraft.exceptions import AircraftBooked, AircraftNotAirworthy, AircraftRetired
from aircraft.models import Aircraft, AircraftStatus, AircraftType, AltitudeBand, PayloadRange
from aircraft.services import fleet
from aircraft.services.defects import defer_defect
from aircraft.services.types import seed_types
from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, ComplianceState
from tests.aircraft.factories import (
    TODAY,
    AircraftFactory,
    DefectFactory,
    TypeFactory,
    VisitFactory,
    book_flight,
)
from tests.airports.factories import AirportFactory

pytestmark = pytest.mark.django_db


def values(**more):
    return {
        "tail_number": "n350ws",
        "serial_number": "fl-512",
        "base": AirportFactory(timezone="America/Boise"),
        "seats": 8,
        "mtow_kg": 6804,
        "empty_weight_kg": 4130,
        "basic_weight_kg": 4420,
        "max_payload_kg": 1050,
        "usable_fuel_kg": 1638,
        "max_range_nm": 1550,
        **more,
    }


def test_a_new_aircraft_brings_its_totals_and_gets_a_verdict(controller, now):
    aircraft = fleet.register_aircraft(
        **values(aircraft_type=TypeFactory(), time_in_service_min=318_240, cycles=4102),
        actor=controller,
        at=now,
    )

    aircraft.refresh_from_db()
    assert (aircraft.tail_number, aircraft.serial_number) == ("N350WS", "FL-512")
    assert (aircraft.brought_forward_min, aircraft.brought_forward_cycles) == (318_240, 4102)
    assert aircraft.timezone == "America/Boise"
    state = ComplianceState.objects.get(subject_type="aircraft.aircraft")
    assert (state.subject_id, state.scope, state.color) == (aircraft.pk, "crewed_fleet", "red")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"empty_weight_kg": 4421}, "/basic_weight_kg"),
        ({"max_payload_kg": 2385}, "/max_payload_kg"),
    ],
)
def test_weights_that_contradict_each_other_are_refused(controller, now, change, pointer):
    given = values(aircraft_type=TypeFactory(), **change)

    with pytest.raises(InvalidInput) as refusal:
        fleet.register_aircraft(**given, actor=controller, at=now)

    assert refusal.value.details["pointer"] == pointer
    assert Aircraft.objects.count() == 0


def test_a_weighing_is_not_to_come(tail, controller, now):
    given = {"version": None, "actor": controller, "at": now}

    with pytest.raises(InvalidInput) as refusal:
        fleet.amend_aircraft(tail, changes={"weighed_on": TODAY + timedelta(days=1)}, **given)
    amended = fleet.amend_aircraft(tail, changes={"weighed_on": TODAY}, **given)

    assert refusal.value.details["pointer"] == "/weighed_on"
    assert amended.weighed_on == TODAY


def test_an_edit_names_the_version_it_read(tail, controller, now):
    tail.refresh_from_db()
    amended = fleet.amend_aircraft(
        tail, changes={"oxygen_l": 3400}, version=tail.version, actor=controller, at=now
    )
    amended.refresh_from_db()

    assert amended.oxygen_l == 3400
    assert AuditEvent.objects.get(action="aircraft.amended").details == {"fields": ["oxygen_l"]}
    with pytest.raises(StaleVersion):
        fleet.amend_aircraft(
            tail, changes={"oxygen_l": 1}, version=tail.version, actor=controller, at=now
        )


BANDS = [
    {"floor_ft": 0, "ceiling_ft": 10_000, "cruise_ktas": 250, "burn_kg_h": 380},
    {"floor_ft": 10_000, "ceiling_ft": 35_000, "cruise_ktas": 310, "burn_kg_h": 290},
]
RANGES = [{"payload_kg": 0, "range_nm": 1500}, {"payload_kg": 900, "range_nm": 1000}]


def test_performance_is_replaced_as_a_whole(tail, controller, now):
    fleet.set_performance(tail, bands=BANDS, ranges=RANGES, actor=controller, at=now)

    bands = AltitudeBand.objects.on_aircraft(tail.pk).order_by("floor_ft")
    assert list(bands.values_list("floor_ft", "cruise_ktas")) == [(0, 250), (10_000, 310)]
    assert PayloadRange.objects.on_aircraft(tail.pk).count() == 2


@pytest.mark.parametrize(
    ("bands", "ranges"),
    [
        ([BANDS[0], {**BANDS[1], "floor_ft": 9999}], RANGES),
        ([{**BANDS[0], "ceiling_ft": 0}], RANGES),
        (BANDS, [RANGES[0], {"payload_kg": 900, "range_nm": 1501}]),
        (BANDS, [RANGES[0], RANGES[0]]),
        (BANDS, [{"payload_kg": 1051, "range_nm": 900}]),
    ],
)
def test_performance_that_cannot_be_is_refused_and_the_old_stays(
    tail, controller, now, bands, ranges
):
    with pytest.raises(InvalidInput):
        fleet.set_performance(tail, bands=bands, ranges=ranges, actor=controller, at=now)

    assert AltitudeBand.objects.on_aircraft(tail.pk).count() == 2
    assert PayloadRange.objects.on_aircraft(tail.pk).count() == 3


def test_the_database_refuses_bands_that_overlap(tail):
    with pytest.raises(IntegrityError), transaction.atomic():
        AltitudeBand.objects.create(aircraft=tail, **{**BANDS[0], "floor_ft": 9000})


def test_grounded_and_back(tail, controller, now):
    fleet.ground(tail, reason="Bird strike", actor=controller, at=now)
    tail.refresh_from_db()
    assert tail.status == AircraftStatus.GROUNDED
    defect = DefectFactory(aircraft=tail)

    with pytest.raises(AircraftNotAirworthy, match=defect.number):
        fleet.return_to_service(tail, actor=controller, at=now)
    defer_defect(defect, mel_item="34-41", category="B", actor=controller, at=now)
    fleet.return_to_service(tail, actor=controller, at=now)

    tail.refresh_from_db()
    assert tail.status == AircraftStatus.IN_SERVICE
    with pytest.raises(TransitionNotAllowed):
        fleet.return_to_service(tail, actor=controller, at=now)


def test_a_deferral_past_its_last_day_keeps_an_aircraft_grounded(tail, controller, now):
    defer_defect(
        DefectFactory(aircraft=tail), mel_item="34", category="B", actor=controller, at=now
    )
    fleet.ground(tail, reason="Parked", actor=controller, at=now)

    with pytest.raises(AircraftNotAirworthy):
        fleet.return_to_service(tail, actor=controller, at=now + timedelta(days=4))


def test_an_aircraft_that_is_booked_is_not_retired(tail, controller, now):
    VisitFactory(aircraft=tail)
    book_flight(tail, now + timedelta(days=5), now + timedelta(days=6))

    with pytest.raises(AircraftBooked):
        fleet.retire(tail, reason="Sold", actor=controller, at=now)

    fleet.retire(tail, reason="Sold", actor=controller, at=now + timedelta(days=7))
    with pytest.raises(AircraftRetired):
        fleet.ground(tail, reason="Late", actor=controller, at=now)


@pytest.mark.parametrize("designator", ["B350", "C208", "EC45", "H47", "A2"])
def test_designators_of_doc_8643_are_taken(designator):
    assert TypeFactory(designator=designator).description_code == "L2T"


@pytest.mark.parametrize("designator", ["ZZZZ", "b350", "3B50", "B", ""])
def test_what_is_no_designator_is_refused(designator):
    with pytest.raises(IntegrityError), transaction.atomic():
        TypeFactory(designator=designator)


@pytest.mark.parametrize(
    "change",
    [
        {"mtow_kg": 5000},
        {"empty_weight_kg": 4421},
        {"usable_fuel_kg": 0},
        {"tail_number": "n1"},
        {"status": "lost"},
        {"surfaces": ["cheese"]},
        {"min_crew": 0},
        {"time_in_service_min": -1},
        {"serial_number": ""},
    ],
)
def test_the_database_refuses_an_aircraft_that_cannot_be(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        AircraftFactory(**change)


def test_a_changed_type_makes_the_verdicts_of_its_aircraft_stale(controller, now):
    aircraft = fleet.register_aircraft(
        **values(aircraft_type=TypeFactory()), actor=controller, at=now
    )
    row = AircraftType.objects.get()

    fleet.update_type(row, changes={"engine_count": 1}, version=1, actor=controller, at=now)

    assert ComplianceState.objects.get(subject_id=aircraft.pk).is_stale


def test_the_types_of_doc_8643_are_loaded_once_and_leave_what_is_there():
    own = TypeFactory(designator="B350", name="Our King Air")

    first, again = seed_types(), seed_types()

    assert first.added == AircraftType.objects.count() - 1 > 2_500
    assert (first.kept, again.added) == (1, 0)
    assert AircraftType.objects.get(designator="EC45").description_code == "H2T"
    assert AircraftType.objects.get(pk=own.pk).name == "Our King Air"
