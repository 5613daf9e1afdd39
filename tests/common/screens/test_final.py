"""An action that cannot be undone: asked for once more, then done to the rows that were shown."""

from html.parser import HTMLParser

import pytest

from common.screens import final
from tests.browser import enter
from tests.rpas.factories import AircraftFactory, MemberFactory, ScheduleFactory
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
LIST = "/admin/rpas/f2maintenanceschedule/"


class Form(HTMLParser):
    """What the question's own form would send, and where to."""

    def __init__(self, text):
        super().__init__()
        self.fields, self.to, self.is_inside = {}, "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.is_inside = said.get("class") == "w-bar"
            self.to = said.get("action", "") if self.is_inside else self.to
        if self.is_inside and tag in ("input", "button") and "name" in said:
            self.fields.setdefault(said["name"], []).append(said["value"])

    def handle_endtag(self, tag):
        self.is_inside = self.is_inside and tag != "form"


@pytest.fixture
def root(client):
    enter(client, UserFactory(is_superuser=True))
    return client


def item(aircraft, title="Look at it"):
    return ScheduleFactory(aircraft=aircraft, title=title, kind="conditional", condition="Hard")


def chosen(*rows, **more):
    return {"action": "trigger", "index": "0", "_selected_action": [r.pk for r in rows], **more}


def is_due(row):
    row.refresh_from_db()
    return row.is_triggered


def test_the_row_is_named_and_the_deed_done_when_one_says_so(root):
    row, other = item(AircraftFactory()), item(AircraftFactory())

    asked = root.post(LIST, chosen(row))
    form = Form(asked.content.decode())
    assert str(row) in asked.content.decode()
    assert not is_due(row)
    done = root.post(form.to, form.fields, follow=True)

    assert is_due(row)
    assert not is_due(other)
    assert f"{row}: due" in done.content.decode()


def test_a_yes_that_is_sent_twice_is_one_deed(root):
    row = item(AircraftFactory())
    form = Form(root.post(LIST, chosen(row)).content.decode())
    root.post(form.to, form.fields)
    type(row).objects.filter(pk=row.pk).update(is_triggered=False)
    stood = type(row).objects.get(pk=row.pk)

    again = root.post(form.to, form.fields, follow=True)

    assert final.CHANGED in again.content.decode()
    assert type(row).objects.get(pk=row.pk).is_triggered is stood.is_triggered is False


def test_the_same_yes_at_once_is_told_to_be_done(root, monkeypatch):
    row = item(AircraftFactory())
    form = Form(root.post(LIST, chosen(row)).content.decode())
    root.post(form.to, form.fields)
    monkeypatch.setattr(final, "_standing", lambda row: "")
    fresh = Form(root.post(LIST, chosen(row)).content.decode())
    root.post(fresh.to, fresh.fields)

    again = root.post(fresh.to, fresh.fields, follow=True)

    assert final.TWICE in again.content.decode()


@pytest.mark.parametrize("told", ["another row", "less rows", "forged", "another deed's"])
def test_a_yes_to_something_else_is_asked_anew(root, told):
    row, other = item(AircraftFactory()), item(AircraftFactory())
    form = Form(root.post(LIST, chosen(row, other)).content.decode())
    fields = dict(form.fields)
    if told == "another row":
        type(row).objects.filter(pk=row.pk).update(title="Changed meanwhile")
    elif told == "less rows":
        fields["_selected_action"] = [str(row.pk)]
    elif told == "forged":
        fields["seen"] = ["forged"]
    else:
        fields["seen"] = Form(root.post(LIST, chosen(other)).content.decode()).fields["seen"]

    answer = root.post(form.to, fields)

    assert answer.status_code == 200
    assert final.CHANGED in answer.content.decode()
    assert not is_due(row)
    assert not is_due(other)


def test_all_that_a_filter_finds_are_those_that_were_shown(root):
    aircraft = AircraftFactory()
    row, other = item(aircraft), item(aircraft, title="Another")

    asked = root.post(f"{LIST}?q=Look", chosen(row, select_across="1"))
    form = Form(asked.content.decode())
    since = item(AircraftFactory())
    root.post(form.to, form.fields)

    assert form.to == f"{LIST}?q=Look"
    assert (is_due(row), is_due(other), is_due(since)) == (True, False, False)


def test_more_rows_than_one_looks_through_are_not_asked_about(root, monkeypatch):
    monkeypatch.setattr(final, "MOST_ROWS", 1)
    rows = [item(AircraftFactory()), item(AircraftFactory())]

    answer = root.post(LIST, chosen(*rows), follow=True)

    assert "select at most 1 rows" in answer.content.decode()
    assert not any(is_due(row) for row in rows)


def test_rows_of_others_are_neither_named_nor_touched(client):
    mine, foreign = item(AircraftFactory()), item(AircraftFactory(), title="Secret")
    user = MemberFactory(operator=mine.aircraft.operator).user
    grant(user, "rpas.view_f2maintenanceschedule", "rpas.trigger_f2maintenanceschedule")
    enter(client, user)

    asked = client.post(LIST, chosen(mine, foreign))
    client.post(LIST, chosen(foreign, sure="1"))
    alone = client.post(LIST, chosen(foreign), follow=True)

    assert "Secret" not in asked.content.decode()
    assert "none of the selected rows" in alone.content.decode()
    assert not is_due(foreign)


def test_who_may_not_is_not_asked_and_cannot(client):
    row = item(AircraftFactory())
    user = MemberFactory(operator=row.aircraft.operator).user
    grant(user, "rpas.view_f2maintenanceschedule")
    enter(client, user)

    answers = [client.post(LIST, chosen(row)), client.post(LIST, chosen(row, sure="1"))]

    assert all("cannot be undone" not in each.content.decode() for each in answers)
    assert not is_due(row)
