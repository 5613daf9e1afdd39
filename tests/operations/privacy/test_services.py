"""Registering, changing, breaking the glass, reviewing, passengers: what the services decide."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.exceptions import InvalidInput, StaleVersion
from common.models import AuditEvent, OutboxEvent
from operations.exceptions import (
    FieldWithheld,
    PatientOnFile,
    RequirementFlown,
    TripOver,
)
from operations.models import BreakGlass, PatientAccess
from operations.oxygen import oxygen_needed
from operations.services.access import break_glass, look_at_patient
from operations.services.passengers import add_passenger, change_passenger
from operations.services.patients import change_patient, register_patient
from operations.services.requirements import (
    change_requirement,
    review_requirement,
    set_requirement,
)
from tests.operations.factories import (
    PassengerFactory,
    PatientFactory,
    RequirementFactory,
    TripFactory,
)
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
BASE = "/api/operations"
WHO = {
    "family_name": "Novák",
    "given_names": "Eva Marie",
    "medical_record_number": "RPA 7",
}


def everything(permission):
    return True


@pytest.fixture
def actor():
    return UserFactory()


def touched(monkeypatch, *modules):
    keys = []
    for module in modules:
        monkeypatch.setattr(
            f"operations.services.{module}.touch", lambda *k, because: keys.extend(k)
        )
    return keys


def test_a_patient_gets_a_number_and_an_audit_row_that_names_fields_only(actor, now):
    patient = register_patient(**WHO, mass_kg=70, actor=actor, at=now)

    assert patient.number == "PT-2026-0001"
    (deed,) = AuditEvent.objects.filter(action="patient.registered")
    assert deed.details == {"fields": sorted([*WHO, "mass_kg"])}
    assert deed.subject_label == "PT-2026-0001"


@pytest.mark.parametrize(
    "same",
    [
        {"medical_record_number": "rpa-7"},
        {"family_name": "NOVAK", "given_names": "Eva", "date_of_birth": "born"},
    ],
    ids=["record", "birth"],
)
def test_somebody_on_file_is_not_registered_twice_by_mistake(same, actor, now):
    born = (now - timedelta(days=20_000)).date()
    register_patient(**WHO, date_of_birth=born, actor=actor, at=now)
    if "date_of_birth" in same:
        same["date_of_birth"] = born

    with pytest.raises(PatientOnFile) as refusal:
        register_patient(**same, actor=actor, at=now)
    assert "PT-" not in str(refusal.value)
    assert register_patient(**same, is_another_person=True, actor=actor, at=now).number


def test_a_birth_day_to_come_is_refused(actor, now):
    with pytest.raises(InvalidInput):
        register_patient(date_of_birth=now.date() + timedelta(days=2), actor=actor, at=now)


def test_a_change_says_which_fields_and_takes_decisions_on_flights_to_come_back(
    actor, now, monkeypatch
):
    keys = touched(monkeypatch, "patients", "requirements")
    patient = PatientFactory(known=True)
    waiting = RequirementFactory(patient=patient)
    flown = TripFactory(requirement__patient=patient, status="closed").requirement

    change_patient(
        patient,
        changes={"diagnosis": "Sepsis", "allergies": "Penicillin"},
        holds=everything,
        version=None,
        actor=actor,
        at=now,
    )

    (deed,) = AuditEvent.objects.filter(action="patient.changed")
    assert deed.details == {"fields": ["diagnosis"]}
    waiting.refresh_from_db()
    flown.refresh_from_db()
    assert (waiting.decision, waiting.decided_by, flown.decision) == ("pending", None, "fit")
    assert keys == [f"requirement:{waiting.pk}", f"patient:{patient.pk}"]


def test_a_change_of_the_name_leaves_decisions_as_they_are(actor, now):
    requirement = RequirementFactory()

    change_patient(
        requirement.patient,
        changes={"family_name": "New", "notes": "Anxious"},
        holds=everything,
        version=None,
        actor=actor,
        at=now,
    )

    requirement.refresh_from_db()
    assert requirement.decision == "fit"


def test_nobody_writes_over_what_they_cannot_see(actor, now):
    patient = PatientFactory(known=True)

    with pytest.raises(FieldWithheld) as refusal:
        change_patient(
            patient,
            changes={"diagnosis": "None", "mass_kg": 80},
            holds=lambda permission: permission == "operations.view_needs_patient",
            version=None,
            actor=actor,
            at=now,
        )

    assert refusal.value.details == {"fields": "diagnosis"}
    patient.refresh_from_db()
    assert (patient.diagnosis, patient.mass_kg) == ("Polytrauma after a fall", 82)


def test_the_broken_glass_shows_all_for_an_hour_to_who_broke_it(person_in, client_for, now):
    pilot, other = person_in("pilot"), person_in("pilot")
    patient = PatientFactory(known=True)
    address = f"{BASE}/patients/{patient.number}/"
    body = {"purpose": "emergency", "reason": "Unconscious on board, no nurse"}

    opened = client_for(pilot).post(f"{address}break-glass/", body, HTTP_IDEMPOTENCY_KEY="g1")
    again = client_for(pilot).post(f"{address}break-glass/", body, HTTP_IDEMPOTENCY_KEY="g1")
    seen = client_for(pilot).get(address, {"purpose": "emergency"}).json()
    by_other = client_for(other).get(address).json()

    assert opened.status_code == 201, opened.json()
    assert again.json() == opened.json()
    assert "Penicillin" not in opened.content.decode()
    assert (seen["allergies"], seen["withheld"]) == ("Penicillin", [])
    assert "allergies" in by_other["withheld"]
    glass = BreakGlass.objects.get()
    assert glass.expires_at - glass.opened_at == timedelta(minutes=60)
    assert list(PatientAccess.objects.order_by("pk").values_list("user", "via")) == [
        (pilot.pk, "break_glass"),
        (other.pk, "grant"),
    ]
    assert AuditEvent.objects.get(action="patient.glass_broken").reason == body["reason"]
    event = OutboxEvent.objects.get(name="operations.glass_broken")
    assert event.payload == {"glass_id": glass.pk}
    with pytest.MonkeyPatch.context() as later:
        later.setattr(
            "operations.views.patients.timezone.now",
            lambda: glass.expires_at,
        )
        assert "allergies" in client_for(pilot).get(address).json()["withheld"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "Now"},
        {"reason": "x" * 2001},
        {"purpose": "curiosity"},
        {"reason": "Ms EXAMPLE is not breathing"},
        {"reason": None},
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_glass_is_not_broken_without_a_reason_or_with_a_name_in_it(wrong, client):
    patient = PatientFactory(known=True)
    body = {"purpose": "emergency", "reason": "Cardiac arrest in flight", **wrong}

    answer = client.post(f"{BASE}/patients/{patient.number}/break-glass/", body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(wrong))}"
    assert not BreakGlass.objects.exists()


def test_a_requirement_waits_for_review_and_any_change_takes_the_decision_back(
    actor, now, monkeypatch
):
    keys = touched(monkeypatch, "requirements")
    patient = PatientFactory(needs_stretcher=False)
    requirement = set_requirement(patient, team=["physician"], actor=actor, at=now)
    assert (requirement.decision, requirement.is_stretcher) == ("pending", False)

    decided = review_requirement(
        requirement,
        decision="conditions",
        conditions=["Cabin below 6,000 ft"],
        version=requirement.version,
        actor=actor,
        at=now,
    )
    assert (decided.decided_by, decided.decided_at) == (actor, now)
    changed = change_requirement(
        decided, changes={"oxygen_flow_lpm": Decimal(6)}, version=None, actor=actor, at=now
    )

    assert (changed.decision, changed.conditions, changed.decided_by) == ("pending", [], None)
    assert keys == [f"requirement:{requirement.pk}"] * 3
    events = OutboxEvent.objects.filter(name="operations.medical_requirement_changed")
    assert [event.payload for event in events] == [{"requirement_id": requirement.pk}] * 3
    (deed,) = AuditEvent.objects.filter(action="requirement.changed")
    assert deed.details == {"fields": ["oxygen_flow_lpm"], "decision_was": "conditions"}


def test_a_change_to_what_it_is_already_decides_nothing_anew(actor, now):
    requirement = RequirementFactory()

    changed = change_requirement(
        requirement, changes={"acuity": "advanced"}, version=None, actor=actor, at=now
    )

    assert changed.decision == "fit"


@pytest.mark.parametrize(
    ("decision", "conditions"), [("conditions", []), ("fit", ["Sit up"]), ("not_fit", ["x"])]
)
def test_conditions_come_with_that_decision_alone(decision, conditions, actor, now):
    with pytest.raises(InvalidInput):
        review_requirement(
            RequirementFactory(),
            decision=decision,
            conditions=conditions,
            version=None,
            actor=actor,
            at=now,
        )


def test_what_was_flown_is_neither_changed_nor_reviewed(actor, now):
    requirement = TripFactory(status="completed").requirement

    with pytest.raises(RequirementFlown):
        change_requirement(requirement, changes={"escorts": 2}, version=None, actor=actor, at=now)
    with pytest.raises(RequirementFlown):
        review_requirement(requirement, decision="fit", version=None, actor=actor, at=now)


def test_a_name_in_what_all_may_read_is_refused(actor, now):
    patient = PatientFactory(known=True)

    with pytest.raises(InvalidInput):
        set_requirement(
            patient, team=["physician"], equipment=["Bag of Mrs Example"], actor=actor, at=now
        )


def test_only_medical_staff_review_and_only_what_they_read(person_in, client_for):
    requirement = RequirementFactory(decision="pending", decided_by=None, decided_at=None)
    address = f"{BASE}/requirements/{requirement.pk}/review/"
    nurse = client_for(person_in("medical_staff"))

    for code in ("dispatcher", "flight_coordinator", "chief_pilot", "pilot"):
        refused = client_for(person_in(code)).post(address, {"decision": "fit"})
        assert refused.status_code == 403, code
    assert nurse.post(address, {"decision": "fit"}).status_code == 428
    assert nurse.post(address, {"decision": "fit"}, HTTP_IF_MATCH='"9"').status_code == 412
    assert nurse.post(address, {"decision": "pending"}, HTTP_IF_MATCH='"1"').status_code == 400
    answer = nurse.post(address, {"decision": "fit"}, HTTP_IF_MATCH='"1"')
    assert (answer.status_code, answer.json()["decision"]) == (200, "fit")


def test_oxygen_is_flow_times_minutes_with_the_reserve_on_top():
    # 4 l/min over 3 h 20 min and half as much again.
    assert oxygen_needed(flow_lpm=Decimal("4.0"), care_min=200) == 1200
    assert oxygen_needed(flow_lpm=Decimal("2.5"), care_min=61, reserve=Decimal(0)) == 153
    assert oxygen_needed(flow_lpm=Decimal(0), care_min=500) == 0


@given(st.integers(0, 1000), st.integers(0, 2880), st.integers(0, 500))
def test_oxygen_is_whole_liters_never_less_than_the_formula(tenths, minutes, percent):
    flow, reserve = Decimal(tenths) / 10, Decimal(percent) / 100
    liters = oxygen_needed(flow_lpm=flow, care_min=minutes, reserve=reserve)

    exact = flow * minutes * (1 + reserve)
    assert exact <= liters < exact + 1
    with pytest.raises(ValueError, match="not negative"):
        oxygen_needed(flow_lpm=flow, care_min=-1)


def test_a_passenger_is_on_the_legs_named_and_the_trip_hears_of_it(actor, now, monkeypatch):
    keys = touched(monkeypatch, "passengers")
    trip = TripFactory(legs=3)

    passenger = add_passenger(trip, legs=[1, 3], family_name="Lund", actor=actor, at=now)
    moved = change_passenger(
        passenger,
        changes={"legs": [], "mass_kg": 80},
        holds=everything,
        version=passenger.version,
        actor=actor,
        at=now,
    )

    assert list(moved.legs.all()) == []
    deeds = AuditEvent.objects.filter(subject_type="operations.passenger").order_by("pk")
    assert [(d.action, d.details["legs"]) for d in deeds] == [
        ("passenger.added", [1, 3]),
        ("passenger.changed", []),
    ]
    assert keys == [f"trip:{trip.pk}"] * 2
    with pytest.raises(StaleVersion):
        change_passenger(
            passenger, changes={"mass_kg": 1}, holds=everything, version=1, actor=actor, at=now
        )


def test_a_leg_that_is_not_flown_takes_nobody(actor, now):
    trip = TripFactory(legs=1)
    trip.legs.update(status="cancelled")

    with pytest.raises(InvalidInput):
        add_passenger(trip, legs=[1], actor=actor, at=now)


@pytest.mark.parametrize("status", ["completed", "closed", "cancelled", "aborted"])
def test_a_trip_that_is_over_takes_nobody(status, actor, now):
    with pytest.raises(TripOver):
        add_passenger(TripFactory(status=status), actor=actor, at=now)


def test_the_manifest_of_a_leg_is_read_whole_and_each_look_is_on_record(client, physician):
    trip = TripFactory(legs=2)
    first, second = trip.legs.order_by("sequence")
    aboard = PassengerFactory(trip=trip, known=True)
    aboard.legs.set([first])
    PassengerFactory(trip=trip, known=True).legs.set([second])
    address, query = f"{BASE}/passengers/manifest/", {"trip": trip.number, "leg": 1}

    (row,) = client.get(address, {**query, "purpose": "border"}).json()

    assert (row["id"], row["family_name"], row["legs"]) == (aboard.pk, "Example", [1])
    (look,) = aboard.accesses.all()
    assert (look.user, look.kind, look.purpose) == (physician, "manifest", "border")
    assert client.get(address, query).status_code == 400
    assert client.get(address, {**query, "leg": 9, "purpose": "border"}).status_code == 404
    assert client.get(address, {**query, "leg": "x", "purpose": "border"}).status_code == 400


def test_the_glass_of_one_patient_opens_no_other(actor, now):
    patient, other = PatientFactory(known=True), PatientFactory(known=True)

    break_glass(patient, purpose="emergency", reason="Not breathing", actor=actor, at=now)
    view = look_at_patient(other, holds=lambda p: False, purpose="", actor=actor, at=now)

    assert view.fields == ()


def test_the_glass_is_open_only_to_who_may_still_break_it(actor, now):
    patient = PatientFactory(known=True)
    break_glass(patient, purpose="emergency", reason="Not breathing", actor=actor, at=now)

    def look(*permissions):
        return look_at_patient(
            patient, holds=lambda p: p in permissions, purpose="care", actor=actor, at=now
        )

    assert look("operations.view_patient").fields == ("number",)
    assert look("operations.view_patient", "operations.break_glass_patient").withheld == ()
