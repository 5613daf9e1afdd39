"""CASA's directives: kept as its list has them, and what has no answer."""

from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from aircraft.casa_files import (
    HIGHEST_ID,
    DirectiveRow,
    NotSuchAFile,
    RejectedDirective,
    read_directives,
)
from aircraft.models import Aircraft, AirworthinessDirective
from aircraft.queries.directives import directives_by_tail
from aircraft.services.casa import import_directives
from aircraft.views import directives
from tests.aircraft.casa import LIST, as_json, directive, run, sheet
from tests.aircraft.factories import AircraftFactory, DirectiveFactory, TaskFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tail(australian):
    return australian


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
        ({"ID": "7809"}, "the ID 7809 occurred before"),
        ({"ADNUMBER": ""}, "no number"),
        ({"FOLDERNAME": ""}, "no series"),
        ({"FOLDERNAME": "X" * 41}, "the series is none"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_with_its_line(wrong, reason):
    good, bad = read_directives(sheet(LIST, directive(), directive(**{"ID": "8", **wrong})))

    assert isinstance(good, DirectiveRow)
    assert isinstance(bad, RejectedDirective)
    assert (bad.line, bad.reason) == (3, reason)


@pytest.mark.parametrize(
    ("wrong", "doubt", "kept"),
    [
        ({"Status": "Emergency"}, "status 'emergency' is not known", {"status": "unknown"}),
        ({"Status": ""}, "status '' is not known", {"status": "unknown"}),
        ({"EffectiveDate": "26/02/2016"}, "'26/02/2016' is no day", {"effective_on": None}),
        ({"ADName": "x" * 401}, "the name is longer than 400 characters", {"name": "x" * 400}),
        ({"ADNUMBER": "1" * 81}, "the number is longer than 80 characters", {"number": "1" * 80}),
        ({"Authority": ""}, "no authority", {"authority": ""}),
        ({"ADName": "a\x00b"}, "the name has characters that are none", {"name": "a\ufffdb"}),
        ({"ADFILE": "\ud800"}, "the file has characters that are none", {"file": "\ufffd"}),
    ],
)
def test_a_row_that_is_read_in_part_is_kept_in_force_with_its_doubts(
    wrong, doubt, kept, tail, file
):
    document, fault = run("import_directives", file(as_json(directive(**wrong))))

    assert document["doubtful"] == [{"line": 1, "id": 7809, "reason": doubt}]
    assert document["rejected"] == []
    assert "1 rows were taken with doubts; 1 aircraft are not answered for" in str(fault)
    row = AirworthinessDirective.objects.in_force().get()
    assert {name: getattr(row, name) for name in kept} == kept
    [found] = directives_by_tail(Aircraft.objects.all())
    assert (found.is_answered, found.unanswered) == (False, [row])


def test_what_the_file_names_again_is_on_the_list_again(file, db):
    gone = DirectiveFactory(is_listed=False)
    named = directive(ID=str(gone.source_id), FOLDERNAME="")

    document, _ = run("import_directives", file(sheet(LIST, directive(), named)))

    gone.refresh_from_db()
    assert (document["rejected"][0]["reason"], gone.is_listed) == ("no series", True)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"DATA": [{"ID": ' + "1" * 5000 + "}]}", 1),
        ('{"DATA": [\n{]', 2),
        ('{"DATA": []}', 1),
        ("[1]", 1),
        ('{"DATA": [7]}', 1),
    ],
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
        directive(ID="11", ADNUMBER=""),
    ]

    dry, _ = run("import_directives", file(sheet(LIST, *second)), "--dry-run")
    assert AirworthinessDirective.objects.count() == 3
    done, fault = run("import_directives", file(sheet(LIST, *second)))
    again, _ = run("import_directives", file(sheet(LIST, *second)))

    changes = ("added", "changed", "removed", "unchanged", "read")
    assert [dry[name] for name in changes] == [done[name] for name in changes]
    assert [tail["unanswered"] for tail in dry["tails"]] == [
        ["AD/GENERAL/37 Amdt 11", "AD/GENERAL/2", "2009-0251-E"]
    ]
    assert dry["tails"] == done["tails"]
    assert done["added"] == ["2009-0251-E"]
    assert done["changed"] == ["AD/GENERAL/37 Amdt 11"]
    assert done["removed"] == ["AD/GENERAL/3"]
    assert (done["unchanged"], done["read"]) == (1, 4)
    assert [(row["line"], row["id"]) for row in done["rejected"]] == [(5, 11)]
    said = "1 rows were rejected; 1 directives left the list; 1 aircraft are not answered for."
    assert str(fault) == said
    assert (again["added"], again["changed"], again["removed"]) == ([], [], [])
    assert AirworthinessDirective.objects.get(source_id=2).is_listed is False


def test_a_row_without_a_key_lets_nothing_leave_the_list(file, db):
    kept = DirectiveFactory()

    done, _ = run("import_directives", file(sheet(LIST, directive(), directive(ID="?"))))

    kept.refresh_from_db()
    assert (done["removed"], kept.is_listed) == ([], True)


@pytest.mark.parametrize("held", [2, 60])
def test_a_list_that_was_cut_off_is_refused_unless_it_may_shrink(held, file, db):
    DirectiveFactory.create_batch(held)
    path = file(sheet(LIST, directive()))

    nothing, fault = run("import_directives", path)

    assert nothing is None
    assert f"{held} of {held} directives would leave the list" in str(fault)
    assert AirworthinessDirective.objects.filter(is_listed=True).count() == held
    done, fault = run("import_directives", path, "--may-shrink")
    assert len(done["removed"]) == held
    assert f"{held} directives left the list" in str(fault)


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
    assert "1 read, 1 added, 0 changed, 0 unchanged, 0 off the list, 0 doubtful, 0 rejected" in said
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
    [found] = person.get(f"{url}unanswered/").data["results"]
    assert (found["tail_number"], found["count"], found["is_answered"]) == ("VH-ZQA", 1, False)
    assert [each["citation"] for each in found["unanswered"]] == [row.citation]
    assert person.get(f"{url}unanswered/?tail=1").status_code == 400
    assert person.post(url, {}, format="json").status_code in (403, 405)
    assert client_for(other).get(url).status_code == 403
    assert client_for(other).get(f"{url}unanswered/").status_code == 403
    assert api.get(f"{url}unanswered/").status_code == 401


def test_each_id_that_the_list_may_have_is_found(client_for, db):
    row, reader = DirectiveFactory(source_id=HIGHEST_ID), UserFactory()
    grant(reader, "aircraft.view_airworthinessdirective")
    person, url = client_for(reader), "/api/aircraft/directives/"
    absent = [4711, 2_147_483_648, 9_999_999_999]

    assert person.get(f"{url}{HIGHEST_ID}/").data["citation"] == row.citation
    assert [person.get(f"{url}{key}/").status_code for key in absent] == [404] * len(absent)


def test_what_is_left_out_of_the_answer_is_counted(tail, client_for):
    AircraftFactory(tail_number="VH-ZQB")
    reader = UserFactory()
    grant(reader, "aircraft.view_airworthinessdirective")

    with patch.object(directives, "MOST_TAILS", 1):
        answer = client_for(reader).get("/api/aircraft/directives/unanswered/").data

    assert (answer["count"], len(answer["results"])) == (2, 1)


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
    assert send(["GEN", "R22", "GEN"]).data["directive_series"] == ["GEN", "R22"]
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
