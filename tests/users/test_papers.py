from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from common.exceptions import InvalidInput, TransitionNotAllowed
from common.models import OutboxEvent, StatusChange
from tests.users.factories import QualificationFactory, UserFactory, grant
from users.exceptions import BeyondOwnAuthority, NotOneself, QualificationRevoked
from users.models import Qualification
from users.services import experience, qualifications

pytestmark = pytest.mark.django_db
REPL = {
    "kind": "repl",
    "authority": "CASA",
    "number": "1",
    "weight_band": "up_to_25kg",
    "issued_on": date(2024, 1, 1),
}


def test_a_paper_counts_from_verification_to_its_last_day(now):
    pilot, checker = UserFactory(), UserFactory()
    fields = {**REPL, "expires_on": date(2026, 3, 14)}
    paper = qualifications.record_qualification(pilot, actor=pilot, at=now, **fields)
    in_force = Qualification.objects.in_force
    assert not in_force(date(2026, 3, 1)).exists()

    qualifications.verify_qualification(paper, actor=checker, at=now)

    assert in_force(date(2026, 3, 14)).exists()
    assert not in_force(date(2026, 3, 15)).exists()
    assert not in_force(date(2023, 12, 31)).exists()


def test_changing_a_verified_paper_takes_the_verification_away(now):
    paper = QualificationFactory()

    paper = qualifications.change_qualification(
        paper, version=None, actor=paper.user, at=now, number="2"
    )

    assert (paper.status, paper.verified_by) == ("unverified", None)
    assert StatusChange.objects.get().reason == "changed"


def test_a_revoked_paper_stays_as_it_is(now):
    paper = QualificationFactory()
    paper = qualifications.revoke_qualification(paper, reason="forged", actor=paper.user, at=now)

    with pytest.raises(QualificationRevoked):
        qualifications.change_qualification(paper, version=None, actor=paper.user, at=now)
    with pytest.raises(TransitionNotAllowed):
        qualifications.verify_qualification(paper, actor=UserFactory(), at=now)


def test_nobody_verifies_their_own_paper_but_a_superuser(now):
    paper = QualificationFactory(status="unverified")
    with pytest.raises(NotOneself):
        qualifications.verify_qualification(paper, actor=paper.user, at=now)

    root = UserFactory(is_superuser=True)
    own = QualificationFactory(user=root, status="unverified")
    assert qualifications.verify_qualification(own, actor=root, at=now).status == "verified"


def test_a_pilot_records_for_themselves_only(now):
    pilot, other, chief = UserFactory(), UserFactory(), UserFactory()
    grant(pilot, "users.add_qualification")
    grant(chief, "users.change_qualification", "users.change_flightexperience")

    with pytest.raises(BeyondOwnAuthority):
        qualifications.record_qualification(other, actor=pilot, at=now, **REPL)
    with pytest.raises(BeyondOwnAuthority):
        declare(other, actor=pilot, at=now)
    qualifications.record_qualification(other, actor=chief, at=now, **REPL)
    declare(other, actor=chief, at=now)


def declare(user, **more):
    fields = {"category": "multirotor", "flown_minutes": 600, "as_of_on": date(2026, 1, 1)}
    return experience.declare_experience(user, **fields, **more)


def test_declared_hours_can_be_corrected_but_not_contradict_themselves(now):
    pilot = UserFactory()
    row = declare(pilot, actor=pilot, at=now)

    row = experience.change_experience(
        row, version=1, actor=pilot, at=now + timedelta(days=1), night_minutes=60
    )

    assert (row.night_minutes, row.declared_at) == (60, now + timedelta(days=1))
    with pytest.raises(InvalidInput):
        experience.change_experience(row, version=None, actor=pilot, at=now, night_minutes=601)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"weight_band": ""}, "/weight_band"),
        ({"kind": "aroc"}, "/weight_band"),
        ({"weight_band": "up_to_150kg"}, "/aircraft_type"),
        ({"expires_on": date(2023, 12, 31)}, "/expires_on"),
    ],
)
def test_papers_that_contradict_themselves_are_refused(now, changes, pointer):
    pilot = UserFactory()

    with pytest.raises(InvalidInput) as refusal:
        qualifications.record_qualification(pilot, actor=pilot, at=now, **{**REPL, **changes})

    assert refusal.value.details["pointer"] == pointer


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_band": ""},
        {"weight_band": "over_150kg", "aircraft_type": ""},
        {"expires_on": date(2020, 1, 1)},
        {"status": "verified", "verified_by": None},
        {"kind": "unheard_of", "weight_band": ""},
    ],
)
def test_the_database_refuses_them_too(changes):
    paper = QualificationFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Qualification.objects.filter(pk=paper.pk).update(**changes)


def test_every_change_is_announced(now):
    pilot = UserFactory()
    paper = qualifications.record_qualification(pilot, actor=pilot, at=now, **REPL)
    paper = qualifications.verify_qualification(paper, actor=UserFactory(), at=now)
    qualifications.revoke_qualification(paper, reason="x", actor=pilot, at=now)

    events = OutboxEvent.objects.filter(name="users.qualification_changed")
    assert [e.payload for e in events.order_by("pk")] == [
        {"user_id": pilot.pk, "qualification_id": paper.pk}
    ] * 3
