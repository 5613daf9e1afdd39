from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, StaleVersion
from common.models import ComplianceState
from common.scopes import scopes_of
from rpas.exceptions import ChangeAlreadyRecorded, PeriodEnded, PostTaken
from rpas.models import KeyPersonnel, RPASOperator
from rpas.models.operator import validate_timezone
from rpas.services import operators
from rpas.services.aircraft import register_aircraft
from tests.rpas.factories import TODAY, MemberFactory, OperatorFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db


def create(actor, at, **values):
    return operators.create_operator(
        **{
            "name": "Harbour Drones",
            "legal_name": "Harbour Drones Pty Ltd",
            "arn": "812345",
            "timezone": "Australia/Sydney",
            **values,
        },
        actor=actor,
        at=at,
    )


def test_who_sets_up_an_operator_is_its_first_member():
    user = UserFactory()

    operator = create(user, timezone.now())

    assert list(RPASOperator.objects.visible_to(user)) == [operator]
    assert scopes_of(user) == {f"rpas_operator:{operator.pk}"}
    assert ComplianceState.objects.get(subject_type="rpas.rpasoperator").color == "amber"


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"reoc_expires_on": TODAY}, "/reoc_number"),
        (
            {
                "reoc_number": "R1",
                "reoc_issued_on": TODAY,
                "reoc_expires_on": TODAY - timedelta(days=1),
            },
            "/reoc_expires_on",
        ),
    ],
)
def test_reoc_dates_that_contradict_each_other_are_refused(now, values, pointer):
    with pytest.raises(InvalidInput) as refusal:
        create(UserFactory(), now, **values)

    assert refusal.value.details["pointer"] == pointer
    assert not RPASOperator.objects.exists()


def test_a_membership_ends_on_its_day_and_the_scope_with_it(operator, pilot):
    member = operator.members.get(user=pilot)
    now = timezone.now()

    operators.update_member(
        member,
        changes={"valid_until": now.date() - timedelta(days=1)},
        version=None,
        actor=pilot,
        at=now,
    )

    assert scopes_of(pilot) == set()
    assert not RPASOperator.objects.visible_to(pilot).exists()


def test_a_person_has_one_membership_at_a_time(operator, pilot, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        operators.add_member(operator, user=pilot, actor=pilot, at=now)


def test_a_pilot_is_authorized_for_models_by_somebody(operator, controller, now):
    member = MemberFactory(operator=operator)

    authorized = operators.authorize_pilot(
        member, models=["DJI Mavic 3E"], is_night_authorized=True, actor=controller, at=now
    )

    assert authorized.is_remote_pilot
    assert authorized.is_night_authorized
    assert (authorized.pilot_authorized_on, authorized.pilot_authorized_by) == (TODAY, controller)
    ended = MemberFactory(operator=operator, valid_until=TODAY)
    with pytest.raises(PeriodEnded):
        operators.authorize_pilot(ended, models=["x"], actor=controller, at=now)


def appoint(operator, now, **values):
    return operators.appoint(
        operator,
        **{
            "user": UserFactory(),
            "post": "chief_instructor",
            "valid_from": TODAY,
            "actor": UserFactory(),
            "at": now,
            **values,
        },
    )


def test_a_post_has_one_holder_at_a_time(operator, now):
    held = appoint(operator, now)

    with pytest.raises(PostTaken):
        appoint(operator, now, valid_from=TODAY + timedelta(days=400))
    operators.end_post(held, ends_on=TODAY + timedelta(days=10), actor=held.user, at=now)
    successor = appoint(operator, now, valid_from=TODAY + timedelta(days=10))

    assert KeyPersonnel.objects.in_post("chief_instructor").live_on(TODAY).get() == held
    later = KeyPersonnel.objects.live_on(TODAY + timedelta(days=10))
    assert later.in_post("chief_instructor").get() == successor


def test_the_database_refuses_two_holders(operator, now):
    held = appoint(operator, now)

    with pytest.raises(IntegrityError), transaction.atomic():
        KeyPersonnel.objects.create(
            operator=operator, user=held.user, post=held.post, valid_from=TODAY
        )


def test_a_post_ends_once_and_after_it_began(operator, now):
    held = appoint(operator, now)

    with pytest.raises(InvalidInput):
        operators.end_post(held, ends_on=TODAY, actor=held.user, at=now)
    operators.end_post(held, ends_on=TODAY + timedelta(days=1), actor=held.user, at=now)
    with pytest.raises(PeriodEnded):
        operators.end_post(held, ends_on=TODAY + timedelta(days=1), actor=held.user, at=now)


def test_a_change_is_notified_and_approved_once_and_not_ahead(operator, pilot, now):
    change = operators.record_change(
        operator, kind="key_staff", description="New CRP", made_on=TODAY, actor=pilot, at=now
    )
    assert change.is_significant
    assert operator.changes.pending().count() == 1

    with pytest.raises(InvalidInput):
        operators.notify_change(change, notified_on=TODAY + timedelta(days=1), actor=pilot, at=now)
    operators.notify_change(change, notified_on=TODAY, actor=pilot, at=now)
    with pytest.raises(ChangeAlreadyRecorded):
        operators.notify_change(change, notified_on=TODAY, actor=pilot, at=now)
    operators.approve_change(change, approved_on=TODAY, approval_ref="CASA-1", actor=pilot, at=now)

    assert operator.changes.pending().count() == 0


def test_another_time_zone_makes_the_fleets_verdicts_stale(operator, pilot, now):
    aircraft = register_aircraft(
        operator=operator,
        registration="R-1",
        serial_number="1",
        make="DJI",
        model="Mini",
        kind="multirotor",
        empty_mass_kg=0.2,
        mtow_kg=0.249,
        actor=pilot,
        at=now,
    )

    operators.update_operator(
        operator, changes={"timezone": "Australia/Perth"}, version=1, actor=pilot, at=now
    )
    with pytest.raises(StaleVersion):
        operators.update_operator(operator, changes={"name": "x"}, version=1, actor=pilot, at=now)

    state = ComplianceState.objects.get(subject_type="rpas.rpasaircraft", subject_id=aircraft.pk)
    assert state.is_stale


def test_a_time_zone_is_one_of_the_iana_database():
    validate_timezone("Australia/Lord_Howe")
    with pytest.raises(Exception, match="not an IANA"):
        validate_timezone("Sydney")


def test_names_and_numbers_of_operators_are_unique():
    operator = OperatorFactory()

    for field in ("name", "arn", "reoc_number"):
        with pytest.raises(IntegrityError), transaction.atomic():
            OperatorFactory(**{field: getattr(operator, field)})
