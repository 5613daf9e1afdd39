"""CASA's register: read by column, compared with our aircraft, its expiries taken over."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from aircraft.casa_files import (
    NotSuchAFile,
    decoded,
    read_register,
)
from aircraft.models import Aircraft
from aircraft.queries.directives import directives_by_tail
from common.console import Misuse
from tests.aircraft.casa import REGISTER, registered, run, sheet
from tests.aircraft.factories import AircraftFactory, DirectiveFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tail(australian):
    return australian


def test_the_register_is_read_by_the_names_of_its_columns():
    rows = [registered(Regexpirydate="30/06/2027", suspendstatus="Suspended"), {"Mark": "22B"}]
    text = sheet(list(reversed(REGISTER)), *rows).replace("Mark", "MARK")

    found = read_register(decoded(b"\xef\xbb\xbf" + f"{text}\r\n\r\n".encode()))

    assert list(found) == ["VH-ZQA", "VH-22B"]
    first, second = found.values()
    assert (first.serial, first.mtow_kg) == ("FL-512", Decimal("6804.4"))
    assert (first.expires_on, first.suspension) == (date(2027, 6, 30), "Suspended")
    assert (second.mtow_kg, second.expires_on, second.designator) == (None, None, "")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("", 1, "empty"),
        ("Mark,Serial\n", 1, "no column MTOW"),
        (sheet(REGISTER), 1, "no rows"),
        (sheet([*REGISTER, "Mark"], registered()), 1, "column Mark twice"),
        (sheet(REGISTER, registered(), registered()), 3, "ZQA occurs twice"),
        (sheet(REGISTER, registered(), {"Manu": "X"}), 3, "no mark"),
        (sheet(REGISTER, registered()) + '"VH', 3, "unexpected end of data"),
        (sheet(REGISTER, registered()) + '"ZQB","CESSNA"', 3, "2 cells where the header has 9"),
        (sheet(REGISTER, registered(MTOW="heavy")), 2, "'heavy' is no mass"),
        (sheet(REGISTER, registered(MTOW="NaN")), 2, "'NaN' is no mass"),
        (sheet(REGISTER, registered(Regexpirydate="2027-06-30")), 2, "is no day as DD/MM/YYYY"),
        (sheet(REGISTER, registered(Manu="a\x00b")), 2, "not a text file"),
    ],
)
def test_what_is_no_register_is_refused_with_its_line(text, line, word):
    with pytest.raises(NotSuchAFile, match=word) as refusal:
        read_register(decoded(text.encode()))

    assert refusal.value.line == line


def test_a_file_in_another_encoding_is_refused_with_its_line():
    with pytest.raises(NotSuchAFile, match="UTF-8") as refusal:
        decoded(b"Mark\nABC\nZ\xfcrich\n")

    assert refusal.value.line == 3


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (registered(), []),
        (registered(Serial="fl-512 ", Regexpirydate="30/06/2027"), []),
        (registered(Serial="FL-513"), ["serial_number"]),
        (registered(ICAOtypedesig="B300"), ["aircraft_type"]),
        (registered(ICAOtypedesig=""), ["aircraft_type"]),
        (registered(MTOW="6805"), ["mtow_kg"]),
        (registered(MTOW=""), ["mtow_kg"]),
        (registered(suspendstatus="Suspended", suspenddate="01/02/2026"), ["registration"]),
        (registered(Mark="ZQB"), ["registration"]),
        (registered(Regexpirydate="01/07/2027"), ["registration_expires_on"]),
    ],
)
def test_each_difference_is_said_and_changes_nothing(row, fields, tail, file):
    AircraftFactory()
    AircraftFactory(tail_number="VH-OLD", status="retired")

    document, fault = run("import_register", file(sheet(REGISTER, row)))

    assert [each["field"] for each in document["standing"]] == fields
    assert (document["tails"], document["rows"], document["applied"]) == (1, 1, [])
    assert (fault.returncode if fault else 0) == (1 if fields else 0)
    version = tail.version
    tail.refresh_from_db()
    assert tail.version == version


def test_a_mark_without_its_hyphen_is_australian_too(tail, file):
    DirectiveFactory()
    Aircraft.objects.filter(pk=tail.pk).update(tail_number="VHZQA")
    keeper = UserFactory()
    grant(keeper, "aircraft.change_aircraft")
    path = file(sheet(REGISTER, registered(Regexpirydate="01/07/2028")))

    document, _ = run("import_register", path, "--apply", "--as", keeper.email)

    assert (document["tails"], document["standing"]) == (1, [])
    assert [row["field"] for row in document["applied"]] == ["registration_expires_on"]
    assert [found.count for found in directives_by_tail(Aircraft.objects.all())] == [1]


def test_only_the_expiry_is_applied_and_only_by_somebody_who_may(tail, file):
    keeper = UserFactory()
    path = file(sheet(REGISTER, registered(Regexpirydate="01/07/2028", MTOW="7000")))
    apply = ("--apply", "--as", keeper.email)

    with pytest.raises(Misuse, match="go together"):
        call_command("import_register", str(path), "--apply")
    with pytest.raises(Misuse, match="may not change"):
        call_command("import_register", str(path), *apply)
    grant(keeper, "aircraft.change_aircraft")
    document, fault = run("import_register", path, *apply)
    again, _ = run("import_register", path, *apply)

    assert [row["field"] for row in document["applied"]] == ["registration_expires_on"]
    assert [row["field"] for row in document["standing"]] == ["mtow_kg"]
    assert "1 differences stand" in str(fault)
    assert again["applied"] == []
    tail.refresh_from_db()
    assert (tail.registration_expires_on, tail.mtow_kg) == (date(2028, 7, 1), 6804)


@pytest.mark.parametrize(
    "doubt",
    [{"Serial": "FL-513"}, {"suspendstatus": "Suspended"}, {"ICAOtypedesig": "B300"}],
)
def test_nothing_is_applied_to_an_airframe_in_doubt(doubt, tail, file):
    keeper = UserFactory()
    grant(keeper, "aircraft.change_aircraft")
    path = file(sheet(REGISTER, registered(Regexpirydate="01/07/2028", **doubt)))

    document, _ = run("import_register", path, "--apply", "--as", keeper.email)

    assert document["applied"] == []
    assert len(document["standing"]) == 2
    tail.refresh_from_db()
    assert tail.registration_expires_on == date(2027, 6, 30)


@pytest.mark.parametrize("name", ["import_register", "import_directives"])
def test_a_file_that_is_another_one_ends_with_its_line(name, file, db):
    _, fault = run(name, file("ident,type\nYSCB,large\n"))
    _, absent = run(name, "/nowhere/casa.csv")

    assert (fault.returncode, "line 1: no column" in str(fault)) == (1, True)
    assert "No such file" in str(absent)
