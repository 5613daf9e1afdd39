from datetime import timedelta

import pytest

from common.exceptions import TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from rpas.exceptions import (
    AircraftRetired,
    DraftExists,
    NoReferenceNumber,
    NotAuthorizedToCertify,
    TechnicalLogNotIssuable,
)
from rpas.models import PartAStatus
from rpas.services import aircraft as fleet
from rpas.services.defects import raise_defect, rectify_defect
from rpas.services.maintenance import complete_maintenance, trigger_conditional
from rpas.services.technical_logs import draft_part_a, issue_part_a
from tests.rpas.factories import (
    TODAY,
    AircraftFactory,
    DefectFactory,
    KeyPersonnelFactory,
    PartAFactory,
    ScheduleFactory,
)
from tests.users.factories import UserFactory, UserProfileFactory, grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def bare(operator):
    """An aircraft without a log."""
    return AircraftFactory(operator=operator, airworthy=False, registration="RPA-7001")


def draft(aircraft, actor, now):
    return draft_part_a(aircraft, schedule_reference="Manual rev. 4", actor=actor, at=now)


def test_numbers_are_registration_year_and_three_digits_by_the_operators_calendar(
    bare, controller, now
):
    first = draft(bare, controller, now)
    issue_part_a(first, actor=controller, at=now)
    second = draft(bare, controller, now)
    issue_part_a(second, actor=controller, at=now)
    # 31 December 20:00 UTC is already the new year in Sydney.
    third = draft(bare, controller, now.replace(month=12, day=31, hour=20))

    assert [first.number, second.number] == ["RPA-7001-2026-001", "RPA-7001-2026-002"]
    assert third.number == "RPA-7001-2027-001"


def test_issuing_freezes_the_header_as_the_aircraft_is_then(bare, controller, now):
    part_a = draft(bare, controller, now)
    fleet.update_aircraft(bare, changes={"mtow_kg": 9.5}, version=None, actor=controller, at=now)

    issued = issue_part_a(part_a, actor=controller, at=now)
    fleet.update_aircraft(bare, changes={"mtow_kg": 9.9}, version=None, actor=controller, at=now)

    issued.refresh_from_db()
    assert issued.max_gross_mass_kg == 9.5
    assert issued.identification == "RPA-7001"
    assert (issued.category, issued.model) == ("small", "DJI Matrice 350 RTK")
    assert (issued.issued_by, issued.issued_arn) == (controller, controller.profile.arn)
    assert "serviceable" in issued.statement
    assert len(issued.content_hash) == 64
    deed = AuditEvent.objects.get(action="aircraft.log_issued")
    assert deed.details["content_hash"] == issued.content_hash


def test_a_new_issue_supersedes_the_former(aircraft, controller, now):
    former = aircraft.technical_logs.get()

    issued = issue_part_a(draft(aircraft, controller, now), actor=controller, at=now)

    former.refresh_from_db()
    assert (former.status, issued.status) == (PartAStatus.SUPERSEDED, PartAStatus.ISSUED)
    assert list(StatusChange.objects.order_by("pk").values_list("to_status", flat=True)) == [
        "superseded",
        "issued",
    ]
    event = OutboxEvent.objects.get(name="rpas.technical_log_issued")
    assert event.payload == {"aircraft_id": aircraft.pk, "part_a_id": issued.pk}


def test_an_open_major_defect_stops_the_issue_until_it_is_rectified(bare, controller, now):
    part_a = draft(bare, controller, now)
    defect = raise_defect(bare, severity="major", description="Crack", actor=controller, at=now)

    with pytest.raises(TechnicalLogNotIssuable) as refusal:
        issue_part_a(part_a, actor=controller, at=now)
    assert refusal.value.details["reasons"] == "1 open major defects"
    rectify_defect(defect, action="Arm replaced", actor=controller, at=now)

    assert issue_part_a(part_a, actor=controller, at=now).status == PartAStatus.ISSUED


def test_a_minor_defect_does_not_stop_the_issue(bare, controller, now):
    DefectFactory(aircraft=bare, minor=True)

    part_a = issue_part_a(draft(bare, controller, now), actor=controller, at=now)

    assert part_a.status == PartAStatus.ISSUED


@pytest.mark.parametrize(("days_left", "is_refused"), [(1, False), (0, True), (-1, True)])
def test_maintenance_that_is_due_stops_the_issue(bare, controller, now, days_left, is_refused):
    schedule = ScheduleFactory(
        aircraft=bare,
        title="30 day check",
        kind="calendar",
        interval_days=30,
        last_done_on=TODAY - timedelta(days=30 - days_left),
    )
    part_a = draft(bare, controller, now)

    if is_refused:
        with pytest.raises(TechnicalLogNotIssuable) as refusal:
            issue_part_a(part_a, actor=controller, at=now)
        assert refusal.value.details["reasons"] == "30 day check is due"
        complete_maintenance(schedule, work_done="Checked", actor=controller, at=now)

    assert issue_part_a(part_a, actor=controller, at=now).status == PartAStatus.ISSUED


def test_a_reported_condition_stops_the_issue(bare, controller, now):
    schedule = ScheduleFactory(
        aircraft=bare, title="Hard landing check", kind="conditional", condition="Hard landing"
    )
    trigger_conditional(schedule, reason="Fell from 2 m", actor=controller, at=now)

    with pytest.raises(TechnicalLogNotIssuable):
        issue_part_a(draft(bare, controller, now), actor=controller, at=now)


def test_only_the_maintenance_controller_or_who_has_leave_certifies(bare, pilot, now):
    part_a = draft(bare, pilot, now)

    with pytest.raises(NotAuthorizedToCertify) as refusal:
        issue_part_a(part_a, actor=pilot, at=now)
    assert refusal.value.status == 403
    grant(pilot, "rpas.issue_f2technicallogparta")

    assert issue_part_a(part_a, actor=pilot, at=now).issued_by == pilot


def test_the_controller_of_another_operator_certifies_nothing(bare, other, now):
    with pytest.raises(NotAuthorizedToCertify):
        issue_part_a(draft(bare, other.controller, now), actor=other.controller, at=now)


def test_a_former_controller_certifies_nothing(bare, operator, controller, now):
    operator.key_personnel.filter(post="maintenance_controller").update(valid_until=TODAY)

    with pytest.raises(NotAuthorizedToCertify):
        issue_part_a(draft(bare, controller, now), actor=controller, at=now)


def test_nobody_certifies_without_an_arn(bare, operator, now):
    operator.key_personnel.filter(post="maintenance_controller").delete()
    nameless = UserFactory(profile=None)
    UserProfileFactory(user=nameless, arn="")
    KeyPersonnelFactory(operator=operator, user=nameless)

    with pytest.raises(NoReferenceNumber):
        issue_part_a(draft(bare, nameless, now), actor=nameless, at=now)


def test_one_draft_at_a_time(bare, controller, now):
    existing = draft(bare, controller, now)

    with pytest.raises(DraftExists) as refusal:
        draft(bare, controller, now)

    assert refusal.value.details["number"] == existing.number


def test_an_issued_log_is_not_issued_again(controller, aircraft, now):
    issued = aircraft.technical_logs.get()

    with pytest.raises(TransitionNotAllowed):
        issue_part_a(issued, actor=controller, at=now)

    issued.refresh_from_db()
    assert issued.status == PartAStatus.ISSUED


def test_a_retired_aircraft_gets_no_log(aircraft, controller, now):
    fleet.retire(aircraft, reason="Sold", actor=controller, at=now)

    with pytest.raises(AircraftRetired):
        draft(aircraft, controller, now)


def test_every_status_is_reachable():
    reached = {PartAStatus.DRAFT} | {
        to for moves in PartAFactory._meta.model.TRANSITIONS.values() for to in moves
    }

    assert reached == set(PartAStatus)
