import pytest
from django.test import Client

from rpas.models import AircraftStatus, DefectStatus
from rpas.services.defects import rectify_defect
from rpas.services.technical_logs import draft_part_a
from tests.browser import enter
from tests.rpas.factories import AircraftFactory, BatteryFactory, DefectFactory, ScheduleFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGES = [
    "battery",
    "configurationchange",
    "f2defectentry",
    "f2flighthoursentry",
    "f2maintenanceschedule",
    "f2technicallogparta",
    "groundstation",
    "keypersonnel",
    "maintenancerecord",
    "operatorchange",
    "operatormember",
    "rpasaircraft",
    "rpasoperator",
]


@pytest.fixture
def desk():
    """The admin as a superuser with an ARN sees it."""
    client = Client()
    client.user = UserFactory(is_superuser=True)
    enter(client, client.user)
    return client


def run(desk, model, action, row):
    return desk.post(
        f"/admin/rpas/{model}/",
        {"action": action, "sure": "1", "_selected_action": [row.pk]},
        follow=True,
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_screen_opens(desk, aircraft, page):
    DefectFactory(aircraft=aircraft)
    BatteryFactory(operator=aircraft.operator, aircraft=aircraft)

    assert desk.get(f"/admin/rpas/{page}/").status_code == 200


def test_nothing_is_typed_into_an_aircraft(desk, aircraft):
    page = desk.get(f"/admin/rpas/rpasaircraft/{aircraft.pk}/change/")

    assert page.status_code == 200
    assert b'name="status"' not in page.content
    assert b'name="time_in_service_min"' not in page.content
    assert desk.get("/admin/rpas/rpasaircraft/add/").status_code == 403
    assert desk.get(f"/admin/rpas/rpasaircraft/{aircraft.pk}/delete/").status_code == 403


def test_actions_call_the_services(desk, aircraft, pilot, now):
    run(desk, "rpasaircraft", "quarantine", aircraft)
    aircraft.refresh_from_db()
    assert aircraft.status == AircraftStatus.QUARANTINED
    run(desk, "rpasaircraft", "return_to_service", aircraft)
    run(desk, "rpasaircraft", "send_to_maintenance", aircraft)
    aircraft.refresh_from_db()
    assert aircraft.status == AircraftStatus.IN_MAINTENANCE

    verified = run(desk, "rpasaircraft", "verify_log", aircraft)
    assert b"the technical log is whole" in verified.content


def test_a_refusal_is_said_in_its_own_words(desk, aircraft):
    run(desk, "rpasaircraft", "quarantine", aircraft)
    DefectFactory(aircraft=aircraft)

    answer = run(desk, "rpasaircraft", "return_to_service", aircraft)

    assert b"open major defects and cannot return to service" in answer.content


def test_logs_defects_items_and_batteries(desk, operator, pilot, now):
    aircraft = AircraftFactory(operator=operator, airworthy=False)
    part_a = draft_part_a(aircraft, schedule_reference="Manual", actor=pilot, at=now)
    defect = DefectFactory(aircraft=aircraft)
    rectify_defect(defect, action="Replaced", actor=pilot, at=now)
    item = ScheduleFactory(aircraft=aircraft, kind="conditional", condition="Hard landing")
    battery = BatteryFactory(operator=operator)

    run(desk, "f2technicallogparta", "issue", part_a)
    run(desk, "f2defectentry", "certify", defect)
    run(desk, "f2maintenanceschedule", "trigger", item)
    run(desk, "battery", "quarantine", battery)

    for row in (part_a, defect, item, battery):
        row.refresh_from_db()
    assert (part_a.status, part_a.issued_by) == ("issued", desk.user)
    assert defect.status == DefectStatus.CERTIFIED
    assert item.is_triggered
    assert battery.status == "quarantined"
    run(desk, "battery", "return_to_service", battery)
    battery.refresh_from_db()
    assert battery.status == "in_service"
