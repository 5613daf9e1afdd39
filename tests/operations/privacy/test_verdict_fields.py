"""What the rules said of a trip: who reads what of the patient, the crew and the papers in it."""

import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from common.compliance.findings import Stage
from common.compliance.registry import rules
from common.compliance.subjects import subjects
from common.compliance.withheld import WITHHELD
from common.models import AuditEvent, RuleOverride, Verdict
from operations.models import (
    MedicalRequirement,
    PatientAccess,
    RiskWorksheet,
    Trip,
    TripEvidence,
)
from operations.plan_hash import plan_hash
from operations.services.assessment import assess_trip, record_assessment
from operations.services.releases import release_trip
from tests.browser import enter
from tests.operations.gate.scene import AT, SUBJECT, ready_trip
from tests.users.factories import UserFactory, grant
from users.role_grants import ROLES

pytestmark = pytest.mark.django_db
CODES = [spec.code for spec in ROLES]
CONDITION = "Cabin below 6,000 ft"
BORN = "1991-07-19"
PAPER = "EV-4471"
MEDICAL = {
    "requirement_id", "decision", "acuity", "team", "equipment", "equipment_mass_kg",
    "oxygen_flow_lpm", "oxygen_reserve", "is_stretcher", "escorts", "max_cabin_altitude_ft",
    "is_acute_care", "conditions", "awaits_approval", "patient_mass_kg",
}  # fmt: skip
# Who reads verdicts and trips, written down by hand; of them who keeps profiles.
READERS = {"admin", "dispatcher", "flight_coordinator", "chief_pilot", "pilot"}
KEEPERS = {"admin", "chief_pilot"}
READS = ("common.view_verdict", "aircraft.view_aircraft", "operations.view_trip")
REQUIREMENT = "operations.view_medicalrequirement"


@pytest.fixture(scope="module")
def kept_trip(seeded, kept_rows):
    with time_machine.travel(AT, tick=False):
        trip = ready_trip()
        MedicalRequirement.objects.filter(pk=trip.requirement_id).update(
            decision="conditions",
            conditions=[CONDITION],
            equipment=["Balloon pump"],
            approved_by=UserFactory(),
            approved_at=AT,
        )
        for line in trip.legs.get(sequence=1).crew.select_related("person"):
            type(line.person).objects.filter(pk=line.person_id).update(date_of_birth=BORN)
        TripEvidence.objects.filter(trip=trip).update(reference=PAPER)
        trip = Trip.objects.get(pk=trip.pk)
        RiskWorksheet.objects.filter(trip=trip).update(plan_hash=plan_hash(trip))
        record_assessment(assess_trip(trip, stage=Stage.PLANNING, at=AT))
    return trip


@pytest.fixture
def verdict(kept_trip, db):
    return Verdict.objects.filter(subject_type=SUBJECT, subject_id=kept_trip.pk).latest("pk")


@pytest.fixture
def caller(client_for):
    """Somebody with some grants, over HTTP."""

    def build(*permissions):
        person = UserFactory()
        grant(person, *permissions)
        return client_for(person)

    return build


def addresses(verdict):
    own = f"/api/compliance/verdicts/{verdict.pk}/"
    return own, f"{own}replay/"


def page_of(person, verdict):
    client = Client()
    enter(client, person)
    return client.get(reverse("admin:common_verdict_change", args=[verdict.pk]))


def _reads(finding, name):
    return name in rules[finding["rule"]].inputs


def looks():
    return list(PatientAccess.objects.values_list("kind", "groups"))


@pytest.mark.parametrize("code", CODES)
def test_a_role_reads_in_a_verdict_what_it_may_read_of_the_records(
    code, person_in, client_for, verdict
):
    person = person_in(code)
    own, again = (client_for(person).get(address) for address in addresses(verdict))

    if code not in READERS:
        assert {own.status_code, again.status_code} <= {403, 404}
        assert looks() == []
        return
    facts = own.json()["facts"]
    assert set(facts["medical"]) == MEDICAL
    assert facts["medical"]["conditions"] == [CONDITION]
    born = {each["date_of_birth"] for each in facts["crew"]}
    assert born == ({BORN} if code in KEEPERS else {WITHHELD})
    assert all(isinstance(each["papers"], list) for each in facts["crew"])
    assert CONDITION in again.content.decode()
    assert looks() == [("read", ["requirement"])] * 2


@pytest.mark.parametrize("code", CODES)
def test_a_role_reads_on_the_page_of_a_verdict_no_more(code, person_in, verdict):
    page = page_of(person_in(code), verdict)

    text = page.content.decode()
    assert (page.status_code == 200) == (code in READERS)
    assert (CONDITION in text) == (code in READERS)
    assert (BORN in text) == (code in KEEPERS)
    assert looks() == [("read", ["requirement"])] * (code in READERS)


def test_what_a_patient_needs_is_withheld_field_by_field(caller, verdict):
    own, again = (caller(*READS).get(address).json() for address in addresses(verdict))

    assert own["facts"]["medical"] == dict.fromkeys(MEDICAL, WITHHELD)
    assert own["facts"]["passengers"] == WITHHELD
    crew = own["facts"]["crew"]
    for name in ("date_of_birth", "papers", "checks", "declared"):
        assert {each[name] for each in crew} == {WITHHELD}, name
    assert {value for each in crew for value in each["experience"].values()} == {WITHHELD}
    assert {each["reference"] for each in own["facts"]["evidence"]} == {WITHHELD}
    for findings in (own["findings"], again["findings"]):
        (decision,) = [each for each in findings if each["rule"] == "MED-DECISION"]
        assert (decision["color"], decision["message"]) == ("amber", WITHHELD)
        assert (decision["value"], decision["limit"], decision["fix"]) == (None, None, "")
        told = [each for each in findings if each["rule"] == "OPS-WEIGHT"]
        assert WITHHELD not in {each["message"] for each in told}
    assert again["is_equal"]
    assert CONDITION not in json.dumps([own, again])
    assert looks() == []


def test_with_the_grant_of_the_requirement_it_is_read_and_the_look_is_on_record(caller, verdict):
    own = caller(*READS, REQUIREMENT).get(addresses(verdict)[0]).json()

    assert own["facts"]["medical"]["acuity"] == "advanced"
    assert own["facts"]["medical"]["equipment"] == ["Balloon pump"]
    look = PatientAccess.objects.get()
    assert look.patient == MedicalRequirement.objects.get().patient
    assert (look.kind, look.groups) == ("read", ["requirement"])


def test_a_verdict_of_a_trip_is_not_there_for_who_may_not_see_trips(caller, verdict):
    keeper = caller("common.view_verdict", "common.view_compliancestate", "aircraft.view_aircraft")

    assert [keeper.get(address).status_code for address in addresses(verdict)] == [404, 404]
    assert keeper.get("/api/compliance/verdicts/").json()["results"] == []
    assert keeper.get("/api/compliance/summary/").json() == []


def test_the_list_in_the_admin_neither_filters_by_a_fact_nor_hands_it_out(verdict):
    person, client = UserFactory(), Client()
    grant(person, *READS)
    enter(client, person)
    address = reverse("admin:common_verdict_changelist")

    assert client.get(address, {"facts__medical__acuity": "advanced"}).status_code == 400
    chosen = {"action": "export_csv", "_selected_action": [verdict.pk]}
    file = b"".join(client.post(address, chosen).streaming_content).decode()
    assert verdict.subject_label in file
    assert CONDITION not in file
    assert AuditEvent.objects.filter(action="records.exported").exists()


def test_the_desks_page_and_file_of_what_is_not_green_say_no_more(verdict):
    person, client = UserFactory(), Client()
    grant(person, *READS, "common.view_compliancestate")
    enter(client, person)
    address = reverse("desk:compliance_rule", args=["MED-DECISION"])

    page = client.get(address).content.decode()
    file = client.get(address, {"format": "csv"})
    text = b"".join(file.streaming_content) if file.streaming else file.content

    for shown in (page, text.decode()):
        assert verdict.subject_label in shown
        assert CONDITION not in shown


def test_the_accountant_reads_of_a_trip_nothing_that_the_patient_needs(
    person_in, client_for, kept_trip, db
):
    person = person_in("accountant")
    client, page = client_for(person), Client()
    enter(page, person)
    number = kept_trip.number
    with time_machine.travel(AT, tick=False):
        note = [{"rule": "MED-DECISION", "note": "Read"}]
        release_trip(kept_trip, acknowledgements=note, actor=UserFactory(), at=AT)
    base = "/api/operations"

    trip = client.get(f"{base}/trips/{number}/")
    answers = [
        trip,
        client.get(f"{base}/trips/{number}/assessment/"),
        client.get(f"{base}/trips/{number}/releases/"),
        client.get(f"{base}/assessments/", {"trip": number}),
        page.get(reverse("admin:operations_trip_change", args=[kept_trip.pk])),
    ]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert trip.json()["requirement"] is None
    assert trip.json()["patient"].startswith("PT-")
    assert [a for a in answers if CONDITION in a.content.decode()] == []
    assert [a for a in answers if "Balloon" in a.content.decode()] == []
    with_grant = client_for(person_in("dispatcher"))
    assert CONDITION in with_grant.get(f"{base}/trips/{number}/assessment/").content.decode()
    assert CONDITION in with_grant.get(f"{base}/trips/{number}/releases/").content.decode()


@pytest.mark.parametrize("code", ["accountant", "dispatcher", "flight_coordinator", "pilot"])
def test_papers_of_trip_and_crew_are_told_to_who_may_see_them(
    code, person_in, client_for, kept_trip, db
):
    client, is_told = client_for(person_in(code)), code != "accountant"
    base = "/api/operations"

    with time_machine.travel(AT, tick=False):
        answer = client.get(f"{base}/trips/{kept_trip.number}/assessment/")
    kept = client.get(f"{base}/assessments/", {"trip": kept_trip.number})

    assert (answer.status_code, kept.status_code) == (200, 200)
    assert (PAPER in answer.content.decode()) == is_told
    assert is_told or PAPER not in kept.content.decode()
    of_crew = [each for each in answer.json()["findings"] if _reads(each, "crew")]
    of_papers = [each for each in answer.json()["findings"] if _reads(each, "evidence")]
    for said in (of_crew, of_papers):
        assert len(said) > 5
        assert {each["message"] == WITHHELD for each in said} == {not is_told}
        assert is_told or {each["value"] for each in said} == {None}
    assert "FAR-61.23-MED" in {each["rule"] for each in of_crew}


@pytest.mark.parametrize("code", CODES)
def test_a_role_sees_on_a_trip_what_the_patient_needs_if_it_may_see_the_requirement(
    code, person_in, client_for, kept_trip, db
):
    person = person_in(code)
    client = client_for(person)

    answer = client.get(f"/api/operations/trips/{kept_trip.number}/")
    own = client.get(f"/api/operations/requirements/{kept_trip.requirement_id}/")

    if answer.status_code != 200:
        assert (answer.status_code, own.status_code) == (403, 403)
        return
    shown = answer.json()["requirement"]
    needs = {"id", "patient", "acuity", "is_stretcher", "team", "equipment", "decision"}
    assert (shown is not None) == (own.status_code == 200)
    assert set(shown or needs) == needs
    # The trip and the requirement, each a look of its own.
    assert looks() == [("read", ["requirement"])] * (2 if shown else 0)


def test_every_guard_names_facts_that_there_are_and_a_permission_that_somebody_holds(
    verdict, person_in
):
    admin = person_in("admin")

    for guard in subjects[SUBJECT].guards:
        assert admin.has_perm(guard.permission), guard
        for path in guard.paths:
            found = verdict.facts
            for step in path.split("."):
                found = found[0] if step == "*" else found[step]


def test_overrides_of_a_trip_are_not_there_for_who_may_not_see_trips(caller, verdict):
    row = RuleOverride.objects.create(
        subject_type=SUBJECT,
        subject_id=verdict.subject_id,
        scope=verdict.scope,
        rule="FAR-135.385",
        reason="Analysis 14",
        granted_by=UserFactory(),
        granted_at=AT,
    )
    keeper = ("common.view_ruleoverride", "common.override_verdict", "aircraft.view_aircraft")
    address = f"/api/compliance/overrides/{row.pk}/"

    assert caller(*keeper).get(address).status_code == 404
    taken = caller(*keeper).post(f"{address}withdraw/", {"reason": "No"}, format="json")
    assert taken.status_code == 404
    assert caller(*keeper, "operations.view_trip").get(address).status_code == 200
    row.refresh_from_db()
    assert row.withdrawn_at is None
