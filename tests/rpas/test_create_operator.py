"""`create_operator`: guided at a terminal, by options for scripts, all of it or nothing."""

import json
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from common.console import Misuse
from common.models import AuditEvent
from rpas.models import OperatorMember, RPASOperator
from rpas.queries.people import local_day
from rpas.services import operator_setup
from tests.rpas.factories import OperatorFactory
from tests.users.factories import UserFactory
from users.models import User
from users.services import second_factor
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
GIVEN = {
    "name": "Harbour Survey",
    "legal_name": "Harbour Survey Pty Ltd",
    "arn": "1234567",
    "reoc_number": "ReOC.9001",
    "reoc_issued_on": "2025-02-01",
    "reoc_expires_on": "2028-01-31",
    "scope_types": "multirotor, fixed_wing",
    "scope_max_mass_kg": "25",
    "timezone": "Australia/Perth",
    "manager_email": "Kim@Harbour.example",
    "manager_first_name": "Kim",
    "manager_last_name": "Ng",
}


@pytest.fixture
def admin() -> User:
    seed_roles()
    return UserFactory(is_superuser=True, email="admin@house.example")


def run(admin: User, given: dict[str, str], *more: str) -> dict[str, Any]:
    out = StringIO()
    options = [f"--{key.replace('_', '-')}={value}" for key, value in given.items()]
    call_command(
        "create_operator", f"--as={admin.email}", *options, *more, "--json",
        stdout=out, stderr=StringIO(),
    )  # fmt: skip
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_a_script_gives_every_answer(admin, api):
    told = run(admin, GIVEN, "--no-input")

    operator = RPASOperator.objects.get(pk=told["operator"])
    assert (operator.name, operator.timezone, operator.scope_max_mass_kg) == (
        "Harbour Survey", "Australia/Perth", 25.0,
    )  # fmt: skip
    assert operator.scope_types == ["multirotor", "fixed_wing"]
    manager = User.objects.get(email="kim@harbour.example")
    assert (told["is_new_account"], told["must_enroll_second_factor"]) == (True, True)
    assert manager.check_password(told["password"])
    assert not second_factor.is_enrolled(manager)
    member = OperatorMember.objects.get(operator=operator, user=manager)
    assert (member.position, member.valid_from) == (
        "Operations manager", local_day(operator, member.created_at),
    )  # fmt: skip
    assert manager.role_assignments.get().role.code == "chief_remote_pilot"
    deeds = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"user.create", "role.assign"} <= deeds
    signed_in = api.post(
        "/api/token/", {"email": manager.email, "password": told["password"]}, format="json"
    )
    assert signed_in.json()["totp_enrollment_required"] is True


def test_two_managers_never_get_the_same_password(admin):
    more = {"name": "B", "arn": "2", "reoc_number": "R2", "manager_email": "b@b.example"}

    passwords = {run(admin, GIVEN)["password"], run(admin, GIVEN | more)["password"]}

    assert len(passwords) == 2
    assert all(len(each) >= 24 for each in passwords)


def test_a_person_who_is_there_keeps_account_and_password(admin):
    person = UserFactory(email="kim@harbour.example", first_name="K")
    given = {key: value for key, value in GIVEN.items() if "_name" not in key or key[:5] == "legal"}
    before = person.password

    told = run(admin, given, "--no-input")

    person.refresh_from_db()
    assert (told["password"], told["is_new_account"]) == (None, False)
    assert (person.password, person.first_name) == (before, "K")
    assert OperatorMember.objects.filter(operator_id=told["operator"], user=person).exists()


def test_the_administrator_may_manage_it_too(admin):
    given = {key: GIVEN[key] for key in ("name", "legal_name", "arn")}

    told = run(admin, given | {"manager_email": admin.email, "manager_position": "Owner"})

    member = OperatorMember.objects.get(operator_id=told["operator"])
    assert (member.user, member.position) == (admin, "Owner")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": None}, "--name is missing"),
        ({"manager_email": None}, "--manager-email is missing"),
        ({"manager_email": "no address"}, "--manager-email: Enter a valid email"),
        ({"timezone": "Sydney"}, "--timezone: Sydney is not an IANA"),
        ({"arn": ""}, "--arn: This field cannot be blank"),
        ({"arn": "9" * 17}, "--arn: Ensure this value has at most 16"),
        ({"arn": "taken"}, "--arn: There is an operator with ARN taken"),
        ({"reoc_issued_on": "01/02/2025"}, "--reoc-issued-on: A day as YYYY-MM-DD"),
        ({"reoc_expires_on": "2024-01-01"}, "before the day of issue, 2025-02-01"),
        ({"reoc_number": None}, "--reoc-issued-on does not apply"),
        ({"scope_types": "balloon"}, "balloon is none of multirotor"),
        ({"scope_max_mass_kg": "-1"}, "A mass between"),
        ({"scope_max_mass_kg": "heavy"}, "--scope-max-mass-kg"),
        ({"manager_role": "client"}, "Roles of staff are"),
        ({"manager_first_name": "x" * 101}, "1 to 100 characters"),
        ({"manager_email": "closed@house.example"}, "That account is closed"),
    ],
)
def test_what_is_no_answer_is_misuse_and_makes_nothing(admin, changes, said):
    OperatorFactory(arn="taken")
    UserFactory(email="closed@house.example", is_active=False)
    people = User.objects.count()
    given = {key: value for key, value in (GIVEN | changes).items() if value is not None}

    with pytest.raises(Misuse, match=said):
        run(admin, given, "--no-input")

    assert RPASOperator.objects.count() == 1
    assert User.objects.count() == people


def test_what_fails_halfway_leaves_nothing(admin, monkeypatch):
    def fails(*args: Any, **options: Any) -> None:
        raise operator_setup.AccountIsClosed(email="kim@harbour.example")

    monkeypatch.setattr(operator_setup, "assign_role", fails)

    with pytest.raises(CommandError, match="is closed"):
        run(admin, GIVEN)

    assert not RPASOperator.objects.exists()
    assert not User.objects.filter(email="kim@harbour.example").exists()


def test_who_may_not_do_each_part_does_none(admin):
    with pytest.raises(CommandError, match="add_rpasoperator"):
        run(UserFactory(), GIVEN)
    with pytest.raises(Misuse, match="no open account"):
        run(User(email="nobody@house.example"), GIVEN)

    assert not RPASOperator.objects.exists()


def test_at_a_terminal_it_asks_step_by_step_and_again_for_what_is_no_answer(admin, monkeypatch):
    typed = iter(
        [
            "", "Harbour Survey", "Harbour Survey Pty Ltd", " 1234567 ", "",
            "Sydney", "", "kim@", "kim@harbour.example", "Kim", "Ng", "", "pilot of nothing", "",
        ]
    )  # fmt: skip
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda *prompt: next(typed))
    out, err = StringIO(), StringIO()

    call_command("create_operator", f"--as={admin.email}", stdout=out, stderr=err)

    assert "This field cannot be blank" in err.getvalue()
    assert "Sydney is not an IANA time zone" in err.getvalue()
    assert "Time zone [Australia/Sydney]: " in err.getvalue()
    assert "ReOC issued on" not in err.getvalue()
    assert "Password, shown only now: " in out.getvalue()
    assert next(typed, None) is None
    operator = RPASOperator.objects.get()
    assert (operator.reoc_number, operator.timezone) == (None, "Australia/Sydney")


def test_cut_off_at_the_terminal_it_makes_nothing(admin, monkeypatch):
    def ends(*prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ends)

    with pytest.raises(Misuse, match="nothing was made"):
        run(admin, {"name": "Harbour"})

    assert not RPASOperator.objects.exists()
