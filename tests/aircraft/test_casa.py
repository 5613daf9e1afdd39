"""CASA's register and directives: read by column, compared, kept, and what has no answer."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from aircraft.casa_files import (
    DirectiveRow,
    NotSuchAFile,
    RejectedDirective,
    decoded,
    read_directives,
    read_register,
)
from aircraft.models import Aircraft, AirworthinessDirective
from aircraft.queries.directives import directives_by_tail
from aircraft.services.casa import import_directives
from common.console import Misuse
from tests.aircraft.factories import AircraftFactory, DirectiveFactory, TaskFactory, TypeFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
REGISTER = [
    "Mark", "Manu", "Serial", "MTOW", "regholdname", "Regexpirydate", "suspendstatus",
    "suspenddate", "ICAOtypedesig",
]  # fmt: skip
LIST = [
    "ADName", "ADNUMBER", "ADIssueNumber", "ADFILE", "FOLDERNAME", "GROUPTITLE", "EffectiveDate",
    "Authority", "PublishedDate", "ID", "Status",
]  # fmt: skip


def sheet(columns, *rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def registered(**more):
    row = {"Mark": "ZQA", "Serial": "FL-512", "MTOW": "6804.4", "ICAOtypedesig": "B350"}
    return {**row, **more}


def directive(**more):
    row = {
        "ADName": "Emergency Exits", "ADNUMBER": "37 Amdt 10", "ADFILE": "GEN-037.pdf",
        "FOLDERNAME": "GEN", "GROUPTITLE": "AIRGEN", "EffectiveDate": "2016-02-26",
        "Authority": "CASA", "PublishedDate": "2016-02-22", "ID": "7809", "Status": "Active",
    }  # fmt: skip
    return {**row, **more}


def as_json(*rows):
    series = {"SeriesName": "Aircraft - General", "SeriesNumber": "AD/GENERAL/"}
    records = [{**row, "ID": int(row["ID"]), "ADIssueNumber": None, **series} for row in rows]
    return json.dumps({"DATA": records})


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "casa.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def tail(db):
    return AircraftFactory(
        tail_number="VH-ZQA",
        serial_number="FL-512",
        aircraft_type=TypeFactory(designator="B350", directive_series=["GEN"]),
        registration_expires_on=date(2027, 6, 30),
    )


def run(name, path, *arguments):
    """What the command answers as a document, and how it ended."""
    out, fault = io.StringIO(), None
    try:
        call_command(name, str(path), *arguments, "--json", stdout=out, stderr=io.StringIO())
    except CommandError as error:
        fault = error
    return json.loads(out.getvalue()) if out.getvalue() else None, fault


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


@pytest.mark.parametrize("doubt", [{"Serial": "FL-513"}, {"suspendstatus": "Suspended"}])
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


def test_directives_are_read_alike_from_both_files():
    [of_csv] = read_directives(sheet(LIST, directive()))
    [of_json] = read_directives(as_json(directive()))

    assert isinstance(of_csv, DirectiveRow)
    assert (of_csv.source_id, of_csv.status, of_csv.series_number) == (7809, "active", None)
    assert of_json.series_number == "AD/GENERAL/"
    same = ("number", "name", "series", "effective_on", "published_on", "authority")
    assert [getattr(of_csv, n) for n in same] == [getattr(of_json, n) for n in same]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"ID": ""}, "no ID"),
        ({"ID": "x1"}, "no ID"),
        ({"ID": "99999999999"}, "no ID"),
        ({"ADNUMBER": ""}, "no number"),
        ({"FOLDERNAME": ""}, "no series"),
        ({"Authority": ""}, "no authority"),
        ({"Status": "Withdrawn"}, "status 'withdrawn' is not known"),
        ({"EffectiveDate": "26/02/2016"}, "'26/02/2016' is no day"),
        ({"ADName": "x" * 401}, "the name is longer than 400 characters"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_its_line(wrong, reason):
    good, bad = read_directives(sheet(LIST, directive(), directive(**{"ID": "8", **wrong})))

    assert isinstance(good, DirectiveRow)
    assert isinstance(bad, RejectedDirective)
    assert (bad.line, bad.reason) == (3, reason)


@pytest.mark.parametrize(
    ("text", "line"),
    [('{"DATA": [\n{]', 2), ('{"DATA": []}', 1), ("[1]", 1), ('{"DATA": [7]}', 1)],
)
def test_json_that_is_no_list_of_directives_is_refused(text, line):
    with pytest.raises(NotSuchAFile) as refusal:
        list(read_directives(text))

    assert refusal.value.line == line


def test_the_list_is_kept_and_said_what_changed(tail, file):
    first = [directive(), directive(ID="1", ADNUMBER="2"), directive(ID="2", ADNUMBER="3")]
    run("import_directives", file(as_json(*first)))
    second = [
        directive(ADNUMBER="37 Amdt 11"),
        directive(ID="1", ADNUMBER="2"),
        directive(ID="9", ADNUMBER="2009-0251-E", Authority="EASA"),
        directive(ID="11", Status="?"),
    ]

    dry, _ = run("import_directives", file(sheet(LIST, *second)), "--dry-run")
    assert AirworthinessDirective.objects.count() == 3
    done, fault = run("import_directives", file(sheet(LIST, *second)))
    again, _ = run("import_directives", file(sheet(LIST, *second)))

    changes = ("added", "changed", "removed", "unchanged", "read")
    assert [dry[name] for name in changes] == [done[name] for name in changes]
    assert done["added"] == ["2009-0251-E"]
    assert done["changed"] == ["AD/GENERAL/37 Amdt 11"]
    assert done["removed"] == ["AD/GENERAL/3"]
    assert (done["unchanged"], done["read"]) == (1, 4)
    assert [(row["line"], row["id"]) for row in done["rejected"]] == [(5, 11)]
    assert "1 rows were rejected; 1 aircraft are not answered for" in str(fault)
    assert (again["added"], again["changed"], again["removed"]) == ([], [], [])
    assert AirworthinessDirective.objects.get(source_id=2).is_listed is False


def test_a_row_without_a_key_lets_nothing_leave_the_list(file, db):
    kept = DirectiveFactory()

    done, _ = run("import_directives", file(sheet(LIST, directive(), directive(ID="?"))))

    kept.refresh_from_db()
    assert (done["removed"], kept.is_listed) == ([], True)


def test_a_list_that_was_cut_off_is_refused_unless_it_may_shrink(file, db):
    DirectiveFactory.create_batch(60)
    path = file(sheet(LIST, directive()))

    nothing, fault = run("import_directives", path)

    assert nothing is None
    assert "60 of 60 directives would leave the list" in str(fault)
    assert AirworthinessDirective.objects.filter(is_listed=True).count() == 60
    done, _ = run("import_directives", path, "--may-shrink")
    assert len(done["removed"]) == 60


def test_an_entry_that_cites_it_answers_a_directive(tail, django_assert_num_queries):
    own = DirectiveFactory(number="37 Amdt 10")
    foreign = DirectiveFactory(number="2009-0251-E", authority="EASA", status="urgent")
    DirectiveFactory(status="cancelled")
    DirectiveFactory(is_listed=False)
    DirectiveFactory(series="R22")
    AircraftFactory()

    def unanswered():
        [found] = directives_by_tail(Aircraft.objects.all())
        return found.unanswered

    with django_assert_num_queries(4):
        assert unanswered() == [own, foreign]
    TaskFactory(aircraft=tail, kind="other", reference="AD/GENERAL/37 Amdt 10")
    TaskFactory(aircraft=tail, kind="directive", reference="AD/GENERAL/37 Amdt 9")
    assert unanswered() == [own, foreign]
    TaskFactory(aircraft=tail, kind="directive", reference="ad/gen/37  amdt 10, FAA 2001-1-1")
    assert unanswered() == [foreign]
    TaskFactory(aircraft=tail, kind="directive", reference="2009-0251-E", is_active=False)
    assert unanswered() == []


def test_an_aircraft_of_which_nobody_said_its_series_is_not_answered_for(tail):
    DirectiveFactory(status="cancelled")
    [of_known] = directives_by_tail(Aircraft.objects.all())
    kind = tail.aircraft_type
    kind.directive_series = ["GEN", "BEECH350"]
    kind.save()
    [of_unknown] = directives_by_tail(Aircraft.objects.all())
    kind.directive_series = []
    kind.save()
    [of_none] = directives_by_tail(Aircraft.objects.all())

    answered = [each.is_answered for each in (of_known, of_unknown, of_none)]
    assert answered == [True, False, False]
    assert of_unknown.unknown_series == ["BEECH350"]


def test_the_plain_words_of_the_import_name_what_is_missing(tail, file, capsys):
    with pytest.raises(CommandError):
        call_command("import_directives", str(file(as_json(directive()))), "--quiet")

    said = capsys.readouterr().out
    assert "1 read, 1 added, 0 changed, 0 unchanged, 0 off the list, 0 rejected" in said
    assert "VH-ZQA: 1 directives without an entry" in said
    assert "  AD/GENERAL/37 Amdt 10: Emergency Exits" in said


def test_directives_are_read_over_http_and_changed_by_nobody(tail, client_for, api):
    row = DirectiveFactory()
    reader, other = UserFactory(), UserFactory()
    grant(reader, "aircraft.view_airworthinessdirective")
    url = "/api/aircraft/directives/"
    person = client_for(reader)

    assert [each["source_id"] for each in person.get(url).data["results"]] == [row.source_id]
    assert person.get(f"{url}?series=R22").data["results"] == []
    assert person.get(f"{url}?status=gone").status_code == 400
    assert person.get(f"{url}{row.source_id}/").data["citation"] == row.citation
    assert person.get(f"{url}4711/").status_code == 404
    [found] = person.get(f"{url}unanswered/").data
    assert (found["tail_number"], found["count"], found["is_answered"]) == ("VH-ZQA", 1, False)
    assert [each["citation"] for each in found["unanswered"]] == [row.citation]
    assert person.get(f"{url}unanswered/?tail=1").status_code == 400
    assert person.post(url, {}, format="json").status_code in (403, 405)
    assert client_for(other).get(url).status_code == 403
    assert client_for(other).get(f"{url}unanswered/").status_code == 403
    assert api.get(f"{url}unanswered/").status_code == 401


def test_a_type_says_which_series_concern_it(tail, client_for):
    keeper = UserFactory()
    grant(keeper, "aircraft.view_aircrafttype")
    grant(keeper, "aircraft.change_aircrafttype")
    person, url = client_for(keeper), "/api/aircraft/types/B350/"

    def send(series):
        version = person.get(url)["ETag"]
        sent = {"directive_series": series}
        return person.patch(url, sent, format="json", HTTP_IF_MATCH=version)

    assert send(["GEN", "BEECH 300"]).data["directive_series"] == ["GEN", "BEECH 300"]
    assert send(["gen"]).status_code == 400
    assert send(["X" * 41]).status_code == 400
    assert send(["GEN"] * 41).status_code == 400
    assert send([]).data["directive_series"] == []


def test_the_admin_shows_the_list(client):
    row, viewer = DirectiveFactory(), UserFactory()
    grant(viewer, "aircraft.view_defect")
    client.force_login(viewer, backend="users.backends.RoleBackend")
    url = reverse("admin:aircraft_airworthinessdirective_changelist")

    assert client.get(url).status_code == 403
    grant(viewer, "aircraft.view_airworthinessdirective")
    assert row.citation in client.get(url).content.decode()


def test_a_report_counts_what_was_read(file, db, now):
    report = import_directives(file(as_json(directive())), at=now)

    assert (report.read, report.added) == (1, ["AD/GENERAL/37 Amdt 10"])
