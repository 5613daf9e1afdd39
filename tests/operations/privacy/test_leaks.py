"""
A patient's and a passenger's name, through the whole day of their record, is nowhere to be read.

Nowhere: every text of every table (read as superuser), event payloads, audit trail, row history,
kept answers, log lines in both formats, addresses asked for, refusals, error pages, admin pages.
"""

import io
import logging
import sys
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from psycopg import sql

from common.models import AuditEvent, IdempotencyKey, OutboxEvent
from operations.models import Patient
from tests.flush import as_superuser
from tests.operations.factories import PassengerFactory, TripFactory
from tests.operations.privacy.conftest import EVERY
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/api/operations"
# Nobody is called that, and nothing else in a test database says it.
NAME = "Quillfeather"
GIVEN = "Xanthippe"
SECRETS = (NAME, GIVEN, "ZX81-SPECTRUM", "Morbus Pferdinand", "1931-07-19")
PATIENT = {
    "mass_kg": 82,
    "family_name": NAME,
    "given_names": GIVEN,
    "date_of_birth": "1931-07-19",
    "sex": "female",
    "medical_record_number": "ZX81-SPECTRUM",
    "next_of_kin": f"Rui {NAME}",
    "physician_contact": f"Dr {NAME}",
    "diagnosis": "Morbus Pferdinand",
    "notes": f"Call her {GIVEN}",
}
PASSENGER = {
    "family_name": NAME,
    "given_names": GIVEN,
    "date_of_birth": "1931-07-19",
    "sex": "female",
    "residence": "PT",
    "document_kind": "identity_card",
    "document_number": "ZX81-SPECTRUM",
}


def tables_with_text():
    """Every column of the schema that can hold text, bytes included, read as text."""
    with as_superuser() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            " AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb',"
            " 'ARRAY', 'bytea', 'date', 'inet', 'uuid')"
        )
        return cursor.fetchall()


def found_in_database(*secrets):
    """How many columns were searched, and in which of them a secret stands."""
    columns, hits = tables_with_text(), []
    with as_superuser() as cursor:
        for table, column, kind in columns:
            shown = "encode({}, 'escape')" if kind == "bytea" else "{}::text"
            where = sql.SQL(shown).format(sql.Identifier(column))
            statement = sql.SQL("SELECT count(*) FROM {} WHERE {} ILIKE ANY(%s)")
            cursor.execute(
                statement.format(sql.Identifier(table), where), [[f"%{s}%" for s in secrets]]
            )
            if count := cursor.fetchone()[0]:
                hits.append((table, column, count))
    return len(columns), hits


@pytest.fixture
def log():
    """What the configured handler writes, every logger at its most talkative."""
    stream, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(stream)
    configured = next(h for h in root.handlers if type(h) is logging.StreamHandler)
    handler.setFormatter(configured.formatter)
    handler.setLevel(logging.DEBUG)
    before, root_level = {}, root.level
    for name in ("django", "django.request", "django.db.backends", "common", "operations"):
        before[name] = logging.getLogger(name).level
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    connection.force_debug_cursor = True
    yield stream
    connection.force_debug_cursor = False
    root.removeHandler(handler)
    root.setLevel(root_level)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def day(client, log):
    """The client, and everything asked and refused, in the order it was."""
    asked, refused = [], []
    real = client.generic

    def generic(method, path, *args, **kwargs):
        answer = real(method, path, *args, **kwargs)
        asked.append(answer.request["PATH_INFO"] + "?" + answer.request["QUERY_STRING"])
        if answer.status_code >= 400:
            refused.append(answer.content.decode())
        return answer

    client.generic = generic
    client.raise_request_exception = False
    return SimpleNamespace(client=client, asked=asked, refused=refused, log=log)


def live_through(day):
    """Register, search, read, change, refuse, need, review, break the glass, put on a manifest."""
    client = day.client
    made = client.post(f"{BASE}/patients/", PATIENT, HTTP_IDEMPOTENCY_KEY="p1")
    assert made.status_code == 201, made.json()
    number = made.json()["number"]
    address = f"{BASE}/patients/{number}/"
    assert client.post(f"{BASE}/patients/", PATIENT).status_code == 409
    born = {k: PATIENT[k] for k in ("family_name", "given_names", "date_of_birth")}
    for by in (born, {"medical_record_number": "ZX81-SPECTRUM"}):
        found = client.post(f"{BASE}/patients/search/", {"purpose": "care", **by})
        assert [row["number"] for row in found.json()] == [number]
    read = client.get(address, {"purpose": "care"})
    assert read.json()["family_name"] == NAME
    changed = client.patch(address, {"allergies": NAME}, HTTP_IF_MATCH=read["ETag"])
    assert changed.status_code == 200
    reason = {"purpose": "emergency", "reason": "Cardiac arrest in flight"}
    assert client.post(f"{address}break-glass/", reason).status_code == 201
    needs = {"patient": number, "team": ["physician"], "equipment": ["Pump"]}
    requirement = client.post(f"{BASE}/requirements/", needs)
    assert requirement.status_code == 201
    trip = TripFactory(legs=1)
    put = {"trip": trip.number, "legs": [1], **PASSENGER}
    assert client.post(f"{BASE}/passengers/", put, HTTP_IDEMPOTENCY_KEY="q1").status_code == 201
    manifest = {"trip": trip.number, "leg": 1, "purpose": "border"}
    assert NAME in client.get(f"{BASE}/passengers/manifest/", manifest).content.decode()
    return number


def refuse_all(day, number):
    """Send the name where it does not belong, and have services fall over with it in hand."""
    client, address = day.client, f"{BASE}/patients/{number}/"
    for wrong in (
        {"sex": NAME},
        {"mass_kg": NAME},
        {"needs_stretcher": NAME},
        {"date_of_birth": NAME},
        {"family_name": NAME * 20},
        {"given_names": [NAME]},
    ):
        assert client.post(f"{BASE}/patients/", {**PATIENT, **wrong}).status_code == 400
        assert client.patch(address, wrong, HTTP_IF_MATCH='"2"').status_code == 400
    for kind, wrong in (
        ("requirements", {"patient": NAME}),
        (
            "requirements",
            {"patient": number, "equipment": [f"Bag of {NAME}"], "team": ["physician"]},
        ),
        ("requirements", {"patient": number, "team": [NAME]}),
        ("requirements", {"patient": number, "acuity": NAME}),
        ("passengers", {"trip": NAME, **PASSENGER}),
        ("passengers", {"nationality": NAME}),
        ("passengers", {"role": NAME}),
    ):
        assert client.post(f"{BASE}/{kind}/", wrong).status_code == 400, wrong
    glass = {"purpose": "emergency", "reason": f"{NAME} does not breathe"}
    assert client.post(f"{address}break-glass/", glass).status_code == 400
    assert client.patch(address, {"family_name": NAME}, HTTP_IF_MATCH='"1"').status_code == 412
    assert client.patch(address, {"family_name": NAME}).status_code == 428


def secrets_in(text):
    return [secret for secret in SECRETS if secret in text]


def test_the_name_stands_nowhere_in_the_database_logs_addresses_and_refusals(day, capsys):
    number = live_through(day)
    refuse_all(day, number)
    # Before the search, whose own statements name what it looks for.
    lines = day.log.getvalue()
    # Control: the search does find a text that is there, and the row does hold the name.
    patient = Patient.objects.get(number=number)
    assert patient.family_name == NAME
    control, plain = found_in_database("Cardiac arrest in flight")
    assert {table for table, _, _ in plain} == {"operations_breakglass", "common_auditevent"}

    columns, hits = found_in_database(*SECRETS)

    with capsys.disabled():
        sys.stdout.write(
            f"\nname grep: {columns} columns of the database, {len(lines.splitlines())} log lines,"
            f" {len(day.asked)} addresses, {len(day.refused)} refusals;"
            f" hits {len(hits) + len(secrets_in(lines))}\n"
        )
    assert hits == []
    assert columns == control > 500
    assert "INSERT INTO" in lines
    assert secrets_in(lines) == []
    assert [address for address in day.asked if secrets_in(address)] == []
    assert [text for text in day.refused if secrets_in(text)] == []
    assert len(day.refused) > 20
    assert OutboxEvent.objects.filter(name="operations.glass_broken").exists()
    assert IdempotencyKey.objects.count() == 2
    assert AuditEvent.objects.filter(subject_label=number).count() == 3


@pytest.mark.parametrize(
    "place",
    [
        "operations.services.patients.next_number",
        "operations.services.patients._check",
        "operations.services.patients.audit.record",
    ],
)
def test_an_exception_that_quotes_the_name_shows_it_to_nobody(place, day, monkeypatch):
    def fall_over(*args, **kwargs):
        raise ValueError(f"cannot do that to {NAME!r}, born 1931-07-19: {PATIENT}")

    monkeypatch.setattr(place, fall_over)
    answer = day.client.post(f"{BASE}/patients/", PATIENT)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert secrets_in(answer.content.decode()) == []
    lines = day.log.getvalue()
    assert "Traceback" in lines
    assert "cannot do that to" in lines
    assert secrets_in(lines) == []
    assert found_in_database(*SECRETS)[1] == []


def test_a_row_that_does_not_open_is_an_error_without_its_content(day):
    number = live_through(day)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE operations_patient SET diagnosis = allergies")

    answer = day.client.get(f"{BASE}/patients/{number}/", {"purpose": "care"})

    assert answer.status_code == 500
    assert secrets_in(answer.content.decode()) == []
    assert "SealBroken" in day.log.getvalue()
    assert secrets_in(day.log.getvalue()) == []


def test_control_without_the_net_an_exception_would_have_shown_it(day, monkeypatch):
    monkeypatch.setattr("common.redaction.redacted", lambda text: text)

    def fall_over(*args, **kwargs):
        raise ValueError(f"cannot do that to {NAME}")

    monkeypatch.setattr("operations.services.patients._check", fall_over)
    day.client.post(f"{BASE}/patients/", PATIENT)

    assert NAME in day.log.getvalue()


def test_nobody_is_mailed_or_shown_the_variables_of_a_request():
    handlers = logging.getLogger("django").handlers

    assert handlers == []
    assert not getattr(settings, "ADMINS", [])


@pytest.mark.slow
def test_the_admin_shows_nobodys_identity(day):
    number = live_through(day)
    keeper = UserFactory()
    grant(
        keeper,
        *EVERY,
        "operations.view_passengeraccess",
        "operations.view_breakglass",
        "common.view_auditevent",
        "users.change_role",
    )
    browser = Client()
    browser.force_login(keeper, backend="users.backends.RoleBackend")
    patient = Patient.objects.get(number=number)
    admin = "/admin/operations"
    pages = [
        f"{admin}/patient/",
        f"{admin}/patient/?q={number}",
        f"{admin}/patient/?q=Quill",
        f"{admin}/patient/{patient.pk}/change/",
        f"{admin}/patient/{patient.pk}/history/",
        f"{admin}/medicalrequirement/",
        f"{admin}/medicalrequirement/{patient.requirements.get().pk}/change/",
        f"{admin}/passenger/",
        f"{admin}/passenger/{PassengerFactory(**PASSENGER | {'date_of_birth': None}).pk}/change/",
        f"{admin}/patientaccess/",
        f"{admin}/passengeraccess/",
        f"{admin}/breakglass/",
        "/admin/common/auditevent/",
    ]

    shown = {page: browser.get(page) for page in pages}

    assert {page for page, answer in shown.items() if answer.status_code != 200} == set()
    assert [p for p, a in shown.items() if secrets_in(a.content.decode())] == []
    assert number in shown[f"{admin}/patient/"].content.decode()
    auto = browser.get(
        "/admin/autocomplete/",
        {
            "app_label": "operations",
            "model_name": "medicalrequirement",
            "field_name": "patient",
            "term": "Quill",
        },
    )
    assert secrets_in(auto.content.decode()) == []
