from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aircraft.models import AircraftStatus, VisitStatus
from aircraft.services.defects import defer_defect
from tests.aircraft.factories import (
    EVERY,
    AircraftFactory,
    DefectFactory,
    HoursFactory,
    TaskFactory,
    VisitFactory,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
PAGES = [
    "aircraft",
    "aircrafttype",
    "defect",
    "flighthours",
    "maintenancelog",
    "maintenancetask",
    "maintenancevisit",
]


@pytest.fixture
def desk():
    """The admin as somebody sees it who may do everything with the crewed fleet."""
    client = Client()
    client.user = UserFactory()
    grant(client.user, *EVERY)
    client.force_login(client.user, backend="users.backends.RoleBackend")
    return client


def run(desk, model, action, row):
    return desk.post(
        f"/admin/aircraft/{model}/",
        {"action": action, "sure": "1", "_selected_action": [row.pk]},
        follow=True,
    )


def fill(tail):
    TaskFactory(aircraft=tail, interval_min=600)
    DefectFactory(aircraft=tail)
    VisitFactory(aircraft=tail)
    HoursFactory(aircraft=tail)


@pytest.mark.parametrize("page", PAGES)
def test_every_screen_opens_in_a_fixed_number_of_queries(desk, tail, page):
    fill(tail)
    desk.get(f"/admin/aircraft/{page}/")
    with CaptureQueriesContext(connection) as few:
        assert desk.get(f"/admin/aircraft/{page}/").status_code == 200
    fill(AircraftFactory())

    with CaptureQueriesContext(connection) as many:
        desk.get(f"/admin/aircraft/{page}/")

    assert len(few) == len(many)


def test_nothing_is_typed_into_an_aircraft(desk, tail):
    page = desk.get(f"/admin/aircraft/aircraft/{tail.pk}/change/")

    assert page.status_code == 200
    assert b'name="status"' not in page.content
    assert b"240" in page.content
    assert b"Descent allowance kg" in page.content
    assert desk.get("/admin/aircraft/aircraft/add/").status_code == 403


def test_the_due_list_says_what_is_left_with_color_and_letter(desk, tail):
    today = timezone.now().astimezone(tail.zone).date()
    TaskFactory(aircraft=tail, title="Over", interval_days=10, last_done_on=today - timedelta(12))
    TaskFactory(aircraft=tail, title="Near", interval_min=6000, last_done_min=54_300)
    TaskFactory(aircraft=tail, title="Far", interval_cycles=500)
    TaskFactory(aircraft=tail, interval_days=1, last_done_on=today - timedelta(9), is_active=False)

    page = desk.get("/admin/aircraft/maintenancetask/").content

    assert b"R 2 days over" in page
    assert b"A 5:00 h left" in page
    assert b"G 500 cycles left" in page
    assert b"not in use" in page
    assert b"8 days over" not in page


def test_deferred_defects_say_how_many_days_are_left(desk, tail):
    at = timezone.now()
    found = at - timedelta(minutes=1)
    day = found.astimezone(tail.zone).date()
    defect = DefectFactory(aircraft=tail, found_at=found, found_on=day)
    defer_defect(defect, mel_item="34", category="C", actor=desk.user, at=at)
    DefectFactory(aircraft=tail)

    page = desk.get("/admin/aircraft/defect/").content

    assert b"A deferred, 10 days left" in page or b"A deferred, 9 days left" in page
    assert b"R open" in page


def test_actions_call_the_services_and_say_refusals_in_their_own_words(desk, tail):
    run(desk, "aircraft", "ground", tail)
    tail.refresh_from_db()
    assert tail.status == AircraftStatus.GROUNDED
    DefectFactory(aircraft=tail)
    assert b"cannot return to service" in run(desk, "aircraft", "return_to_service", tail).content

    visit = VisitFactory(aircraft=tail)
    run(desk, "maintenancevisit", "cancel", visit)
    visit.refresh_from_db()
    assert visit.status == VisitStatus.CANCELLED
