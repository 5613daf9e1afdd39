from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from common.models import AuditEvent
from tests.browser import enter
from tests.users.factories import (
    PASSWORD,
    QualificationFactory,
    RoleFactory,
    UserFactory,
    grant,
    hold,
)
from users.models import (
    ApiToken,
    Department,
    FlightExperience,
    Qualification,
    Role,
    RoleAssignment,
    User,
    UserProfile,
)

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
SCREENS = [
    "user",
    "userprofile",
    "role",
    "roleassignment",
    "department",
    "qualification",
    "flightexperience",
    "apitoken",
    "permission",
]


def code_of(user):
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key):06d}"


@pytest.fixture
def root(client):
    user = UserFactory(is_superuser=True)
    enter(client, user)
    return user


def sign_in(client, user, **more):
    body = {"username": user.email, "password": PASSWORD, "next": "/admin/", **more}
    return client.post(LOGIN, body)


def save(client, model, pk=None, **data):
    name = "change" if pk else "add"
    path = reverse(f"admin:users_{model}_{name}", args=[pk] if pk else [])
    return client.post(path, data)


def act(client, model, action, *rows):
    path = reverse(f"admin:users_{model}_changelist")
    return client.post(
        path, {"action": action, "sure": "1", "_selected_action": [row.pk for row in rows]}
    )


def said(answer):
    return " ".join(str(m) for m in get_messages(answer.wsgi_request))


def test_the_door_opens_to_staff_roles_and_not_to_clients(client):
    staff, customer = UserFactory(), UserFactory()
    grant(staff, "users.view_user")
    grant(customer, "users.view_user", is_staff_role=False)

    assert sign_in(client, customer).status_code == 200
    assert client.get("/admin/").status_code == 302
    assert sign_in(client, staff).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_one_grant_governs_the_admin_as_the_api(client):
    staff = UserFactory()
    role = grant(staff, "users.view_user")
    client.force_login(staff, backend="users.backends.RoleBackend")

    assert client.get(reverse("admin:users_user_changelist")).status_code == 200
    assert client.get(reverse("admin:users_role_changelist")).status_code == 403
    role.assignments.update(valid_until=timezone.now())
    assert client.get(reverse("admin:users_user_changelist")).status_code == 302


def test_colleagues_see_no_private_details(client):
    person = UserFactory(date_of_birth="1987-06-05")
    UserProfile.objects.filter(user=person).update(emergency_contact_name="Next of kin")
    seen = {}
    for name, rights in {"colleague": ["view"], "keeper": ["view", "change"]}.items():
        reader = UserFactory()
        models = ("user", "userprofile")
        grant(reader, *(f"users.{right}_{model}" for right in rights for model in models))
        client.force_login(reader, backend="users.backends.RoleBackend")
        account = client.get(reverse("admin:users_user_change", args=[person.pk]))
        profile = client.get(reverse("admin:users_userprofile_change", args=[person.profile.pk]))
        assert (account.status_code, profile.status_code) == (200, 200)
        seen[name] = account.content.decode() + profile.content.decode()

    private = ("1987", "Next of kin")
    assert [text in seen["colleague"] for text in private] == [False, False]
    assert [text in seen["keeper"] for text in private] == [True, True]


def test_who_has_a_second_factor_is_asked_for_it(client, client_for):
    staff = UserFactory()
    grant(staff, "users.view_user", requires_totp=True)
    api = client_for(staff)
    api.post("/api/me/totp/", {})
    api.post("/api/me/totp/confirm/", {"code": code_of(staff)})
    TOTPDevice.objects.update(last_t=-1)

    without = sign_in(client, staff)
    assert "needs the code" in without.content.decode()
    assert client.get("/admin/").status_code == 302
    assert sign_in(client, staff, otp=code_of(staff)).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/users/users/").status_code == 200
    (entry,) = AuditEvent.objects.filter(action="session.start", details__browser=True)
    assert (entry.actor, entry.details["second_factor"]) == (staff, True)


def test_who_needs_a_second_factor_enrolls_at_the_door(client):
    staff = UserFactory()
    grant(staff, "users.view_user", requires_totp=True)
    sign_in(client, staff)

    assert client.get("/admin/").status_code == 302
    assert client.get("/api/users/users/").json()["code"] == "totp_enrollment_required"
    assert "needs a second factor" in client.get(LOGIN).content.decode()
    enrolling = client.post(LOGIN, {})
    assert "no-store" in enrolling["Cache-Control"]
    shown = enrolling.content.decode()
    assert "data:image/svg+xml" in shown
    wrong = client.post(LOGIN, {"code": "12345"}).content.decode()
    assert "The code is wrong" in wrong
    done = client.post(LOGIN, {"code": code_of(staff)}).content.decode()
    assert done.count("<li>") >= 10
    assert client.get("/admin/").status_code == 200


def test_a_locked_account_cannot_come_in(client):
    staff = UserFactory()
    grant(staff)
    for _ in range(6):
        client.post(LOGIN, {"username": staff.email, "password": "wrong-password-1"})

    sign_in(client, staff)

    assert client.get("/admin/").status_code == 302


def test_tries_at_the_door_count_with_those_at_the_api(client, api, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"account": "6000/min", "login": "3/day"},
    }
    for name in ("a", "b"):
        client.post(LOGIN, {"username": f"{name}@example.com", "password": "wrong-password-1"})
    api.post("/api/token/", {"email": "c@example.com", "password": "wrong-password-1"})

    refused = client.post(LOGIN, {"username": "d@example.com", "password": "wrong-password-1"})

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert client.get(LOGIN).status_code == 200


@pytest.mark.parametrize("screen", SCREENS)
def test_every_screen_opens_and_nothing_can_be_deleted(client, root, screen):
    QualificationFactory()
    hold(UserFactory(), RoleFactory())

    assert client.get(reverse(f"admin:users_{screen}_changelist")).status_code == 200
    if screen not in ("permission", "userprofile"):
        assert client.get(reverse(f"admin:users_{screen}_add")).status_code == 200
    assert client.get(reverse(f"admin:users_{screen}_delete", args=[1])).status_code in (302, 403)


def test_secrets_have_no_screen(client, root):
    for path in ("otp_totp/totpdevice/", "otp_static/staticdevice/", "auth/group/"):
        assert client.get(f"/admin/{path}").status_code == 404
    page = client.get(reverse("admin:users_user_change", args=[root.pk])).content.decode()
    assert root.password not in page


def test_accounts_are_opened_changed_and_closed_by_services(client, root):
    save(client, "user", email="new@example.com", first_name="N", last_name="E", password=PASSWORD)
    made = User.objects.get(email="new@example.com")
    assert made.check_password(PASSWORD)
    assert made.profile.timezone == "UTC"

    save(client, "user", made.pk, email="new@example.com", first_name="Nu", last_name="E")
    act(client, "user", "deactivate", made)

    made.refresh_from_db()
    assert (made.first_name, made.is_active) == ("Nu", False)
    act(client, "user", "reactivate", made)
    made.refresh_from_db()
    assert made.is_active
    assert "no second factor" in said(act(client, "user", "reset_totp", made))


def test_a_refusal_is_shown_and_nothing_is_written(client, root):
    answer = save(client, "user", email="x@example.com", last_name="X", password="short")

    assert "too short" in said(answer)
    assert not User.objects.filter(email="x@example.com").exists()
    assert "last administrator" in said(act(client, "user", "deactivate", root))


def test_roles_are_made_changed_given_and_taken_by_services(client, root):
    person = UserFactory()
    save(client, "role", code="crew", name="Crew", description="", is_staff_role="on")
    role = Role.objects.get(code="crew")
    wanted = client.get(reverse("admin:users_permission_changelist") + "?q=view_battery")
    assert wanted.status_code == 200

    save(client, "role", role.pk, name="Cabin crew", description="", is_staff_role="on")
    start = {"valid_from_0": "2026-01-01", "valid_from_1": "00:00:00"}
    save(client, "roleassignment", user=person.pk, role=role.pk, **start)

    role.refresh_from_db()
    held = RoleAssignment.objects.get(user=person)
    assert (role.name, held.role, held.granted_by) == ("Cabin crew", role, root)
    act(client, "roleassignment", "withdraw", held)
    held.refresh_from_db()
    assert held.withdrawn_by == root


def test_papers_are_recorded_verified_and_revoked_by_services(client, root):
    person = UserFactory()
    paper = {
        "authority": "CASA",
        "number": "R1",
        "weight_band": "up_to_7kg",
        "issued_on": "2024-01-01",
    }
    save(client, "qualification", user=person.pk, kind="repl", **paper)
    row = Qualification.objects.get(user=person)

    act(client, "qualification", "verify", row)
    row.refresh_from_db()
    assert (row.status, row.verified_by) == ("verified", root)
    save(client, "qualification", row.pk, **{**paper, "number": "R2"})
    row.refresh_from_db()
    assert (row.status, row.number) == ("unverified", "R2")
    act(client, "qualification", "revoke", row)
    row.refresh_from_db()
    assert row.status == "revoked"
    assert (
        "status"
        not in client.get(reverse("admin:users_qualification_add")).context["adminform"].form.fields
    )


def test_a_paper_recorded_twice_is_refused_not_an_error(client, root):
    paper = QualificationFactory()
    body = {"user": paper.user_id, "kind": "repl", "authority": "CASA", "number": paper.number}

    answer = save(client, "qualification", weight_band="up_to_25kg", issued_on="2024-01-01", **body)

    assert "already exists" in said(answer)
    assert Qualification.objects.count() == 1


def test_departments_profiles_and_experience_go_through_services(client, root):
    person = UserFactory()
    save(client, "department", code="ops", name="Operations")
    department = Department.objects.get(code="ops")
    save(client, "department", department.pk, name="Flight operations", head=person.pk)
    save(
        client,
        "userprofile",
        person.profile.pk,
        department=department.pk,
        timezone="Australia/Perth",
        arn="7654321",
    )
    save(
        client,
        "flightexperience",
        user=person.pk,
        category="multirotor",
        role="in_command",
        flown_minutes=600,
        night_minutes=0,
        landings=30,
        as_of_on="2026-01-01",
    )
    department.refresh_from_db()
    person.profile.refresh_from_db()
    assert (department.name, department.head) == ("Flight operations", person)
    assert (person.profile.arn, person.profile.department) == ("7654321", department)
    assert FlightExperience.objects.get(user=person).flown_minutes == 600


def test_a_new_token_shows_its_key_once_and_is_revoked_by_the_service(client, root):
    expiry = timezone.now() + timedelta(days=30)
    answer = save(
        client,
        "apitoken",
        owner=root.pk,
        name="Truck",
        scopes="flight_operations.ingest_flightoperation",
        allowed_networks="203.0.113.0/24",
        expires_at_0=f"{expiry:%Y-%m-%d}",
        expires_at_1="00:00:00",
    )

    token = ApiToken.objects.get()
    assert f"wsk_{token.prefix}_" in said(answer)
    act(client, "apitoken", "revoke", token)
    token.refresh_from_db()
    assert token.revoked_by == root
