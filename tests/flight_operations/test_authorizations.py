from datetime import UTC, date, datetime, timedelta

import pytest

from common.exceptions import InvalidInput, StaleVersion, TransitionNotAllowed
from common.models import AuditEvent, ComplianceState, OutboxEvent, StatusChange, Verdict
from flight_operations.exceptions import AuthorizationNotAmendable
from flight_operations.models import AuthorizationKind, OperationalAuthorization
from flight_operations.queries.authorizations import lead_time
from flight_operations.services import authorizations
from flight_operations.services.authorizations import Terms
from tests.common.concurrency import at_once, kinds
from tests.flight_operations.factories import box
from tests.flight_operations.people import member
from tests.rpas.factories import AircraftFactory, OperatorFactory

pytestmark = pytest.mark.django_db
FROM = datetime(2026, 4, 1, tzinfo=UTC)


def terms(**changes):
    given = {
        "kind": AuthorizationKind.HEIGHT,
        "number": "APP-1",
        "valid_from": FROM,
        "valid_until": FROM + timedelta(days=30),
        "applied_on": date(2026, 3, 15),
    }
    return Terms(**{**given, **changes})


@pytest.fixture
def operator():
    return OperatorFactory()


@pytest.fixture
def clerk(operator):
    return member(operator)


@pytest.fixture
def requested(operator, clerk, now):
    return authorizations.request_authorization(
        operator=operator, terms=terms(), actor=clerk, at=now
    )


def depends_on_authorizations(operator, now):
    verdict = Verdict.objects.create(
        subject_type="x",
        subject_id=1,
        stage="planning",
        color="green",
        assessed_at=now,
        facts={},
        parameters={},
        rule_versions={},
        findings=[],
    )
    return ComplianceState.objects.create(
        subject_type="x",
        subject_id=1,
        color="green",
        assessed_at=now,
        verdict=verdict,
        dependencies=[f"rpas_authorizations:{operator.pk}"],
    )


def test_an_application_is_recorded_with_its_area_as_parts(operator, clerk, now):
    found = authorizations.request_authorization(
        operator=operator, terms=terms(area=box(), max_height_agl_m=180.0), actor=clerk, at=now
    )

    assert found.status == "requested"
    assert found.area.geom_type == "MultiPolygon"
    assert found.max_height_agl_m == 180.0
    assert OutboxEvent.objects.filter(name="flight_operations.authorization_changed").count() == 1
    assert AuditEvent.objects.get(action="authorization.requested").actor == clerk


def test_a_grant_takes_over_what_the_authority_decided_otherwise(requested, clerk, now):
    granted = authorizations.record_granted(
        requested,
        changes={"number": "CASA.2026.7", "max_height_agl_m": 150.0},
        actor=clerk,
        at=now,
    )

    granted.refresh_from_db()
    assert (granted.status, granted.number) == ("granted", "CASA.2026.7")
    assert granted.max_height_agl_m == 150.0
    assert granted.kind == AuthorizationKind.HEIGHT
    step = StatusChange.objects.get(object_id=granted.pk)
    assert (step.from_status, step.to_status, step.actor) == ("requested", "granted", clerk)


def test_an_authorization_in_hand_is_recorded_as_granted(operator, clerk, now):
    found = authorizations.create_granted(operator=operator, terms=terms(), actor=clerk, at=now)

    assert found.status == "granted"


def test_a_refusal_and_a_revocation_keep_their_reasons(operator, requested, clerk, now):
    authorizations.record_refused(requested, reason="Too near the CTR", actor=clerk, at=now)
    granted = authorizations.create_granted(
        operator=operator, terms=terms(number="B"), actor=clerk, at=now
    )
    authorizations.revoke_authorization(granted, reason="Fire season", actor=clerk, at=now)

    steps = StatusChange.objects.order_by("pk").values_list("to_status", "reason")
    assert list(steps) == [
        ("refused", "Too near the CTR"),
        ("granted", ""),
        ("revoked", "Fire season"),
    ]


@pytest.mark.parametrize("deed", ["record_refused", "revoke_authorization"])
def test_what_is_decided_is_not_decided_again(requested, clerk, now, deed):
    authorizations.record_refused(requested, reason="No", actor=clerk, at=now)

    with pytest.raises(TransitionNotAllowed):
        getattr(authorizations, deed)(requested, reason="Again", actor=clerk, at=now)


def test_every_change_marks_verdicts_that_rest_on_it_stale(operator, requested, clerk, now):
    state = depends_on_authorizations(operator, now)

    authorizations.record_granted(requested, actor=clerk, at=now)

    state.refresh_from_db()
    assert state.is_stale
    assert state.stale_because == "authorization APP-1 granted"


def test_only_an_application_is_amended(requested, clerk, now):
    authorizations.amend_request(
        requested, changes={"place": "YSCB"}, actor=clerk, at=now, version=1
    )
    with pytest.raises(StaleVersion):
        authorizations.amend_request(
            requested, changes={"place": "YSSY"}, actor=clerk, at=now, version=1
        )
    authorizations.record_granted(requested, actor=clerk, at=now)

    with pytest.raises(AuthorizationNotAmendable):
        authorizations.amend_request(requested, changes={"place": "X"}, actor=clerk, at=now)
    requested.refresh_from_db()
    assert requested.place == "YSCB"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"valid_until": FROM}, "/valid_until"),
        ({"applied_on": date(2026, 3, 16)}, "/applied_on"),
    ],
)
def test_terms_that_cannot_be_true_are_refused(operator, clerk, now, changes, pointer):
    with pytest.raises(InvalidInput) as refusal:
        authorizations.request_authorization(
            operator=operator, terms=terms(**changes), actor=clerk, at=now
        )

    assert refusal.value.details["pointer"] == pointer
    assert not OperationalAuthorization.objects.exists()


def test_another_operators_aircraft_is_refused(operator, clerk, now):
    foreign = AircraftFactory(airworthy=False)

    with pytest.raises(InvalidInput, match="another operator"):
        authorizations.request_authorization(
            operator=operator, terms=terms(aircraft=foreign), actor=clerk, at=now
        )


@pytest.mark.parametrize(
    ("kind", "first_day", "needed", "is_short"),
    [
        ("height", datetime(2026, 5, 13, tzinfo=UTC), 60, True),
        ("height", datetime(2026, 5, 14, tzinfo=UTC), 60, False),
        ("noncontrolled_height", datetime(2026, 4, 11, tzinfo=UTC), 28, True),
        ("noncontrolled_movement", datetime(2026, 4, 12, tzinfo=UTC), 28, False),
        ("app", datetime(2026, 3, 15, tzinfo=UTC), 0, False),
    ],
)
def test_too_few_days_for_the_authority_are_a_warning(  # noqa: PLR0917 - a table of cases
    operator, clerk, now, kind, first_day, needed, is_short
):
    found = authorizations.request_authorization(
        operator=operator,
        terms=terms(kind=kind, valid_from=first_day, valid_until=first_day + timedelta(days=9)),
        actor=clerk,
        at=now,
    )

    lead = lead_time(found)
    assert (lead.needed_days, lead.is_short) == (needed, is_short)
    assert bool(lead.warning) is is_short


def test_a_decided_authorization_has_no_lead_time(requested, clerk, now):
    granted = authorizations.record_granted(requested, actor=clerk, at=now)

    assert lead_time(granted) is None


@pytest.mark.django_db(transaction=True)
def test_of_a_grant_and_a_refusal_at_once_one_wins(operator, clerk, now):
    found = authorizations.request_authorization(
        operator=operator, terms=terms(), actor=clerk, at=now
    )

    results = at_once(
        lambda: authorizations.record_granted(found, actor=clerk, at=now),
        lambda: authorizations.record_refused(found, reason="No", actor=clerk, at=now),
    )

    assert kinds(results) == ["OperationalAuthorization", "TransitionNotAllowed"]
    assert StatusChange.objects.count() == 1
