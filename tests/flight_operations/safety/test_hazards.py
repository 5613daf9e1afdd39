from datetime import date

import pytest

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, OutboxEvent, StatusChange
from flight_operations.exceptions import (
    ApprovalLevelTooLow,
    HazardNotAmendable,
    HazardNotAssessed,
)
from flight_operations.models import HazardIncident
from flight_operations.services import hazards, incidents
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.people import chief_remote_pilot, maintenance_controller, member
from tests.rpas.factories import AircraftFactory, OperatorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return OperatorFactory()


@pytest.fixture
def reporter(operator):
    return member(operator)


@pytest.fixture
def report(operator, reporter, now):
    def make(**given):
        values = {
            "description": "Link drops behind the tower",
            "category": "control_link",
            "likelihood": "B",
            "severity": 4,
            **given,
        }
        return hazards.report_hazard(operator=operator, actor=reporter, at=now, **values)

    return make


def test_a_hazard_is_reported_with_its_index(report, reporter, now):
    found = report(location="Depot")

    assert (found.number, found.index, found.status) == ("HZ-2026-0001", "High", "open")
    assert (found.reporter, found.reported_at) == (reporter, now)
    assert OutboxEvent.objects.get(name="flight_operations.hazard_reported").payload == {
        "hazard_id": found.pk
    }
    assert AuditEvent.objects.get(action="hazard.reported").actor == reporter


def test_a_confidential_report_keeps_its_reporter_but_the_audit_does_not_name_them(
    report, reporter
):
    found = report(is_confidential=True)

    assert found.reporter == reporter
    event = AuditEvent.objects.get(action="hazard.reported")
    assert (event.actor, event.actor_label) == (None, "a confidential reporter")


def test_an_anonymous_report_keeps_nobody(report):
    found = report(is_anonymous=True)

    assert (found.reporter, found.is_confidential) == (None, True)


def test_another_operators_aircraft_is_refused(report):
    with pytest.raises(InvalidInput, match="another operator"):
        report(aircraft=AircraftFactory(airworthy=False))


def test_what_is_done_and_what_is_left_are_recorded(report, reporter, now):
    found = hazards.amend_hazard(
        report(),
        changes={
            "controls": "Antenna raised",
            "owner": reporter,
            "action_due_on": date(2026, 4, 1),
            "residual_likelihood": "D",
            "residual_severity": 3,
        },
        actor=reporter,
        at=now,
        version=1,
    )

    assert (found.residual_index, found.owner) == ("Low", reporter)
    with pytest.raises(StaleVersion):
        hazards.amend_hazard(found, changes={}, actor=reporter, at=now, version=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"residual_likelihood": "D"},
        {"residual_severity": 2},
        {"residual_likelihood": "A", "residual_severity": 5},
    ],
)
def test_a_residual_that_is_half_or_worse_is_refused(report, reporter, now, changes):
    with pytest.raises(InvalidInput) as refusal:
        hazards.amend_hazard(report(), changes=changes, actor=reporter, at=now)

    assert refusal.value.details["pointer"] == "/residual_severity"


def test_a_hazard_goes_through_its_whole_life(operator, report, reporter, now):
    found = report()
    hazards.start_mitigation(found, reason="Ordered a mast", actor=reporter, at=now)
    hazards.amend_hazard(
        found,
        changes={"residual_likelihood": "B", "residual_severity": 3},
        actor=reporter,
        at=now,
    )
    controller = maintenance_controller(operator)
    hazards.accept_hazard(found, reason="Rare", actor=controller, at=now)
    hazards.close_hazard(found, reason="Tower gone", actor=controller, at=now)
    hazards.reopen_hazard(found, reason="Tower back", actor=controller, at=now)

    steps = StatusChange.objects.order_by("pk").values_list("to_status", flat=True)
    assert list(steps) == ["mitigating", "accepted", "closed", "open"]


def test_a_hazard_is_not_accepted_before_it_is_assessed_or_from_below(
    operator, report, reporter, now
):
    found = report(likelihood="A", severity=5)
    with pytest.raises(HazardNotAssessed):
        hazards.accept_hazard(found, reason="Fine", actor=reporter, at=now)
    hazards.amend_hazard(
        found,
        changes={"residual_likelihood": "B", "residual_severity": 4},
        actor=reporter,
        at=now,
    )

    with pytest.raises(ApprovalLevelTooLow):
        hazards.accept_hazard(found, reason="Fine", actor=maintenance_controller(operator), at=now)
    accepted = hazards.accept_hazard(
        found, reason="Fine", actor=chief_remote_pilot(operator), at=now
    )
    assert accepted.status == "accepted"


def test_a_closed_hazard_is_neither_amended_nor_closed_again(report, reporter, now):
    found = hazards.close_hazard(report(), reason="Gone", actor=reporter, at=now)

    with pytest.raises(HazardNotAmendable):
        hazards.amend_hazard(found, changes={"controls": "X"}, actor=reporter, at=now)
    with pytest.raises(TransitionNotAllowed):
        hazards.close_hazard(found, reason="Gone", actor=reporter, at=now)


def incident_of(operator, actor, now):
    return incidents.report_incident(
        operator=operator,
        classification="other",
        occurred_at=now,
        place="Depot",
        narrative="Lost link",
        actor=actor,
        at=now,
    )


def test_an_incident_is_linked_once(operator, report, reporter, now):
    found, incident = report(), incident_of(operator, reporter, now)

    hazards.link_incident(found, incident=incident, actor=reporter, at=now)
    hazards.link_incident(found, incident=incident, actor=reporter, at=now)

    assert list(found.incidents.all()) == [incident]
    assert AuditEvent.objects.filter(action="hazard.linked").count() == 1


def test_an_incident_of_another_operator_is_not_linked(report, reporter, now):
    other = OperatorFactory()

    with pytest.raises(InvalidInput, match="another operator"):
        hazards.link_incident(
            report(), incident=incident_of(other, member(other), now), actor=reporter, at=now
        )


@pytest.mark.django_db(transaction=True)
def test_two_who_link_the_same_incident_at_once_make_one_link(now):
    operator = OperatorFactory()
    reporter = member(operator)
    found = hazards.report_hazard(
        operator=operator,
        description="D",
        category="other",
        likelihood="C",
        severity=2,
        actor=reporter,
        at=now,
    )
    incident = incident_of(operator, reporter, now)

    results = at_once(
        *(
            lambda: hazards.link_incident(found, incident=incident, actor=reporter, at=now)
            for _ in range(4)
        )
    )

    assert kinds(results) == ["SMSHazardRegister"] * 4
    assert HazardIncident.objects.count() == 1
