"""Rows of a sheet: tried, shown, taken as one, through the services of the API."""

import io
import json
from datetime import UTC, datetime
from unittest import mock

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from aircraft.models import MaintenanceTask
from client_management.models import ClientOrganization
from common.console import Misuse
from common.imports import running
from common.imports.kinds import import_kinds
from common.models import AuditEvent
from contacts.models import Contact
from rpas.models import Battery, RPASAircraft, RPASOperator
from tests.aircraft.factories import AircraftFactory as CrewedFactory
from tests.browser import enter
from tests.common.screens.sheet_files import book, text
from tests.contacts.factories import ContactFactory
from tests.rpas.factories import BatteryFactory, MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
CONTACTS = "/admin/import/contacts/"
BATTERIES = "/admin/import/batteries/"
HEAD = ["kind", "name", "roles", "country", "phone", "email"]
ROWS = [
    HEAD,
    ["organization", "Harbour Hospital", "hospital;customer", "AU", "02 5550 0100", "a@h.example"],
    ["person", "Ana Cole", "medical", "AU", "", "ana@h.example"],
]


def signed_in(user):
    client = Client()
    enter(client, user)
    return client


@pytest.fixture
def member():
    """Somebody of one operator who may add and change batteries."""
    user = MemberFactory(operator=OperatorFactory(name="Harbour Drones")).user
    grant(user, "rpas.add_battery", "rpas.change_battery", "rpas.view_battery")
    return user


@pytest.fixture
def root():
    return signed_in(UserFactory(is_superuser=True))


def hand_in(client, address, data, name="rows.csv"):
    return client.post(address, {"file": SimpleUploadedFile(name, data)})


def take(client, address, tried):
    return client.post(address, {"shown": tried.context["shown"]}, follow=True)


def results(answer):
    return [outcome.result for outcome in answer.context["report"].outcomes]


def faults(answer):
    return [fault for o in answer.context["report"].outcomes for fault in o.faults]


def test_rows_are_tried_without_a_trace_and_then_taken_as_one(root):
    tried = hand_in(root, CONTACTS, text(ROWS))

    assert results(tried) == ["new", "new"]
    assert [o.label for o in tried.context["report"].outcomes] == ["Harbour Hospital", "Ana Cole"]
    assert not Contact.objects.exists()
    assert not AuditEvent.objects.filter(action="contact.created").exists()

    taken = take(root, CONTACTS, tried)

    assert "2 new" in taken.content.decode()
    made = Contact.objects.get(name="Harbour Hospital")
    assert made.roles == ["customer", "hospital"]
    assert made.phones.get().e164 == "+61255500100"
    assert AuditEvent.objects.filter(action="contact.created").count() == 2
    deed = AuditEvent.objects.get(action="records.imported")
    assert (deed.details["new"], deed.details["kind"]) == (2, "contacts.contact")


def test_the_same_sheet_again_does_nothing_more(root):
    tried = hand_in(root, CONTACTS, text(ROWS))
    take(root, CONTACTS, tried)

    twice = take(root, CONTACTS, tried)
    again = hand_in(root, CONTACTS, text(ROWS))

    assert "were there already" in twice.content.decode()
    assert results(again) == ["unchanged", "unchanged"]
    assert again.context["shown"] == ""
    assert Contact.objects.count() == 2
    assert AuditEvent.objects.filter(action="records.imported").count() == 1


def test_a_sheet_that_is_being_taken_is_not_taken_beside_itself(root):
    tried = hand_in(root, CONTACTS, text(ROWS))
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import'), hashtext('contacts'))")
        answer = take(root, CONTACTS, tried)
    finally:
        other.rollback()
        other.close()

    assert answer.status_code == 409
    assert "at this moment" in answer.content.decode()
    assert not Contact.objects.exists()
    assert "2 new" in take(root, CONTACTS, tried).content.decode()


def test_rows_that_take_too_long_let_go_of_what_they_hold(root, monkeypatch):
    monkeypatch.setattr(running, "LONGEST_S", 0)

    answer = hand_in(root, CONTACTS, text(ROWS))

    assert answer.status_code == 409
    assert "several files" in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_changed_row_shows_before_and_after(root):
    ContactFactory(name="Harbour Hospital", country="AU", roles=["hospital"])
    rows = [["kind", "name", "country"], ["organization", "Harbour Hospital", "NZ"]]

    tried = hand_in(root, CONTACTS, book(rows), "rows.xlsx")
    take(root, CONTACTS, tried)

    assert tried.context["report"].outcomes[0].changes == [("country", "AU", "NZ")]
    assert Contact.objects.get().country == "NZ"


def test_one_refused_row_stops_all_and_says_which_field_and_why(root):
    rows = [*ROWS, ["robot", "R2", "", "AUS", "", "nobody"]]

    tried = hand_in(root, CONTACTS, text(rows))

    assert results(tried) == ["new", "new", "refused"]
    assert {name.split(".")[0] for name, _ in faults(tried)} == {"kind", "country", "emails"}
    assert tried.context["shown"] == ""
    assert not Contact.objects.exists()


def test_what_changed_meanwhile_is_not_overwritten(root):
    held = ContactFactory(name="Harbour Hospital", country="AU")
    rows = [["kind", "name", "country"], ["organization", "Harbour Hospital", "NZ"]]
    tried = hand_in(root, CONTACTS, text(rows))
    held.notes = "Somebody was here."
    held.save()

    answer = take(root, CONTACTS, tried)

    assert answer.status_code == 409
    assert "changed since" in answer.content.decode()
    held.refresh_from_db()
    assert held.country == "AU"


def test_what_was_shown_cannot_be_altered_or_lent(root):
    tried = hand_in(root, CONTACTS, text(ROWS))
    shown = tried.context["shown"]
    other = signed_in(UserFactory(is_superuser=True))

    assert root.post(CONTACTS, {"shown": shown[:-2] + "aa"}).status_code == 400
    assert root.post(CONTACTS, {"shown": "x" * 100_000}).status_code == 400
    assert root.post(BATTERIES, {"shown": shown}).status_code == 400
    assert other.post(CONTACTS, {"shown": shown}).status_code == 400
    assert not Contact.objects.exists()


def test_rows_of_another_operator_cannot_be_touched(member):
    foreign = BatteryFactory(serial_number="TB-1", cycles=3)
    own = BatteryFactory(
        serial_number="TB-2",
        cycles=3,
        operator=RPASOperator.objects.get(name="Harbour Drones"),
        capacity_mah=5880,
        model="TB65",
        aircraft=None,
    )
    rows = [
        ["operator", "serial_number", "model", "capacity_mah", "cycles"],
        ["Harbour Drones", "tb-1", "TB65", "5880", "9"],
        ["Harbour Drones", "tb-2", "TB65", "5880", "9"],
        [foreign.operator.name, "TB-3", "TB65", "5880", "9"],
    ]

    tried = hand_in(signed_in(member), BATTERIES, text(rows))

    assert results(tried) == ["refused", "changed", "refused"]
    assert ("", "A record with these values already exists.") in faults(tried)
    own.refresh_from_db()
    assert own.cycles == 3


def test_who_may_add_but_not_change_is_told_row_by_row():
    operator = OperatorFactory(name="Harbour Drones")
    user = MemberFactory(operator=operator).user
    grant(user, "rpas.add_battery", "rpas.view_battery")
    BatteryFactory(
        serial_number="TB-2", operator=operator, model="TB65", capacity_mah=5880, aircraft=None
    )
    rows = [
        ["operator", "serial_number", "model", "capacity_mah", "cycles"],
        ["Harbour Drones", "TB-2", "TB65", "5880", "77"],
    ]

    tried = hand_in(signed_in(user), BATTERIES, text(rows))

    assert results(tried) == ["refused"]
    assert "may not change" in faults(tried)[0][1]


def test_without_the_grant_there_is_no_page():
    stranger = UserFactory()
    grant(stranger)
    client = signed_in(stranger)

    assert client.get(CONTACTS).status_code == 403
    assert client.get("/admin/import/").status_code == 403
    assert hand_in(client, CONTACTS, text(ROWS)).status_code == 403
    assert client.get(f"{CONTACTS}template.csv").status_code == 403
    assert signed_in(UserFactory()).get(CONTACTS).status_code == 302


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"name\nX", "These columns are needed: kind"),
        (b"kind,name,shoe\nperson,X,9", "No column is called shoe"),
        (b"kind,name\nperson,\xff", "not UTF-8"),
        (b"x" * 1_000_001, "1,000 kB"),
    ],
    ids=range(5),
)
def test_a_file_that_cannot_be_read_is_refused_in_words(root, data, words):
    answer = hand_in(root, CONTACTS, data)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert root.post(CONTACTS).status_code == 400


def test_a_card_number_and_the_same_record_twice_are_refused(root):
    rows = [
        ["kind", "name", "notes"],
        ["organization", "A", "pays by 4111 1111 1111 1111"],
        ["organization", "B", ""],
        ["organization", "B", ""],
    ]

    tried = hand_in(root, CONTACTS, text(rows))

    assert results(tried) == ["refused", "new", "refused"]
    assert faults(tried) == [
        ("notes", "A card number is not taken."),
        ("", "Line 3 is about the same record."),
    ]


@pytest.mark.parametrize("code", sorted(import_kinds()))
def test_the_example_of_each_template_is_taken_and_taken_once(root, code):
    OperatorFactory(name="Harbour Drones")
    CrewedFactory(tail_number="N123AB")
    if code != "contacts":
        ContactFactory(name="Harbour Hospital")
    address = f"/admin/import/{code}/"
    blank = {"aircraft"} if code == "batteries" else {"last_done_min", "last_done_cycles"}
    kind = import_kinds()[code]
    rows = [
        [c.name for c in kind.columns],
        ["" if c.name in blank else f'"{c.example}"' for c in kind.columns],
    ]

    tried = hand_in(root, address, text(rows))
    take(root, address, tried)

    assert faults(tried) == []
    assert results(hand_in(root, address, text(rows))) == ["unchanged"]
    counts = (Contact, Battery, RPASAircraft, MaintenanceTask, ClientOrganization)
    assert sum(model.objects.count() for model in counts) >= 1
    for suffix in ("csv", "xlsx"):
        assert root.get(f"{address}template.{suffix}").status_code == 200


def test_the_pages_take_few_statements(root):
    for path in ("/admin/import/", CONTACTS, BATTERIES):
        root.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert root.get(path).status_code == 200
        assert len(asked) <= 20
    assert root.get("/admin/import/nothing/").status_code == 404


def run(tmp_path, data, *more, actor=None):
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    out = io.StringIO()
    actor = actor or UserFactory(is_superuser=True)
    call_command(
        "import_rows", "contacts", str(path), "--actor", actor.email, "--json", *more, stdout=out
    )
    return json.loads(out.getvalue())


def test_the_command_tries_takes_and_takes_once(tmp_path):
    dry = run(tmp_path, text(ROWS), "--dry-run")
    assert (dry["new"], dry["is_taken"], Contact.objects.count()) == (2, False, 0)

    first, again = run(tmp_path, text(ROWS)), run(tmp_path, text(ROWS))

    assert (first["new"], first["is_taken"], again["unchanged"]) == (2, True, 2)
    assert Contact.objects.count() == 2


def test_the_command_fails_with_an_honest_status(tmp_path):
    with pytest.raises(CommandError) as refused:
        run(tmp_path, text([["kind", "name"], ["robot", "R2"]]))
    with pytest.raises(Misuse):
        run(tmp_path, b"name\n\xff")
    with pytest.raises(CommandError) as forbidden:
        run(tmp_path, text(ROWS), actor=UserFactory())
    with pytest.raises(Misuse):
        call_command("import_rows", "shoes", "x", "--actor", "nobody@example.com")

    assert (refused.value.returncode, forbidden.value.returncode) == (1, 1)
    assert not Contact.objects.exists()


def test_what_was_shown_is_taken_within_the_hour(root):
    with mock.patch("time.time", return_value=datetime(2026, 1, 1, tzinfo=UTC).timestamp()):
        tried = hand_in(root, CONTACTS, text(ROWS))

    assert root.post(CONTACTS, {"shown": tried.context["shown"]}).status_code == 400
