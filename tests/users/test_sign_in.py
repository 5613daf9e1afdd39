import pytest
from axes.models import AccessAttempt

from tests.users.factories import PASSWORD, UserFactory, grant
from users.models import SignInSession

pytestmark = pytest.mark.django_db
TOKEN = "/api/token/"


def sign_in(api, user, password=PASSWORD, **environ):
    return api.post(TOKEN, {"email": user.email, "password": password}, **environ)


def test_right_password_opens_a_session_that_the_api_accepts(api):
    user = UserFactory()

    answer = sign_in(api, user)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access", "refresh", "totp_enrollment_required"}
    me = api.get("/api/me/", HTTP_AUTHORIZATION=f"Bearer {answer.json()['access']}")
    assert me.json()["email"] == user.email
    session = SignInSession.objects.get(user=user)
    assert session.address == "127.0.0.1"


def test_the_address_is_read_whatever_its_case(api):
    user = UserFactory(email="pat@example.com")

    answer = api.post(TOKEN, {"email": " Pat@EXAMPLE.com ", "password": PASSWORD})

    assert answer.status_code == 200
    assert SignInSession.objects.get().user == user


@pytest.mark.parametrize("case", ["wrong", "unknown", "closed"])
def test_every_failure_looks_the_same(api, case):
    user = UserFactory(is_active=case != "closed")
    email = "nobody@example.com" if case == "unknown" else user.email
    password = "wrong-password-1" if case == "wrong" else PASSWORD

    answer = api.post(TOKEN, {"email": email, "password": password})

    body = answer.json()
    assert answer.status_code == 401
    assert body["code"] == "invalid_credentials"
    assert body["detail"] == "No active account fits these credentials."
    assert not SignInSession.objects.exists()


def test_five_wrong_passwords_lock_the_account_and_the_answer_does_not_tell(api):
    user = UserFactory()
    bodies = []
    for email in (user.email, "nobody@example.com"):
        for _ in range(6):
            last = api.post(TOKEN, {"email": email, "password": "wrong-password-1"})
        bodies.append((last.status_code, {**last.json(), "request_id": ""}))

    right = sign_in(api, user)

    assert right.status_code == 401
    assert {**right.json(), "request_id": ""} == bodies[0][1]
    assert bodies[0] == bodies[1]
    assert AccessAttempt.objects.filter(username=user.email).exists()


def test_a_lockout_is_per_account_and_address(api):
    locked, other = UserFactory(), UserFactory()
    for _ in range(6):
        sign_in(api, locked, "wrong-password-1")

    assert sign_in(api, locked).status_code == 401
    assert sign_in(api, other).status_code == 200
    elsewhere = api.post(
        TOKEN, {"email": locked.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.9"
    )
    assert elsewhere.status_code == 200


def test_behind_a_proxy_too_a_stranger_locks_nobody_out(api, settings):
    settings.AXES_IPWARE_PROXY_COUNT = 1
    user = UserFactory()
    for _ in range(6):
        stranger = sign_in(api, user, "wrong-password-1", REMOTE_ADDR="203.0.113.9")

    assert stranger.status_code == 401
    assert AccessAttempt.objects.get().ip_address == "203.0.113.9"
    assert sign_in(api, user).status_code == 200


def test_a_made_up_forwarded_address_does_not_escape_the_limit(api, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"account": "6000/min", "login": "3/day"},
    }
    user = UserFactory()

    answers = [sign_in(api, user, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]


def test_a_good_sign_in_forgets_earlier_slips(api):
    user = UserFactory()
    for _ in range(2):
        for _ in range(4):
            assert sign_in(api, user, "wrong-password-1").status_code == 401
        assert sign_in(api, user).status_code == 200


def test_too_many_tries_from_one_address_are_slowed_down(api, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"account": "6000/min", "login": "3/day"},
    }
    user = UserFactory()

    answers = [sign_in(api, user) for _ in range(4)]

    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert int(answers[3]["Retry-After"]) > 0


def test_sign_in_is_refused_while_tries_cannot_be_counted(api, monkeypatch):
    def broken(*args, **kwargs):
        raise ConnectionError

    monkeypatch.setattr("django.core.cache.backends.locmem.LocMemCache.add", broken)

    assert sign_in(api, UserFactory()).status_code == 429


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"email": "a@example.com"}, 400),
        ({"email": "a@example.com", "password": "x", "admin": True}, 400),
        ({"email": ["a@example.com"], "password": "x"}, 400),
        ({"email": "a@example.com", "password": "x" * 129}, 400),
        ({"email": "a" * 255, "password": "x"}, 400),
        ([], 400),
        ("text", 400),
        (None, 400),
        ({"email": "nul\x00@example.com", "password": "x"}, 400),
    ],
)
def test_a_malformed_sign_in_is_a_400(api, body, status):
    assert api.post(TOKEN, body, format="json").status_code == status


def test_a_staff_role_that_needs_a_factor_opens_enrollment_only(api):
    user = UserFactory()
    grant(user, "users.view_user", requires_totp=True)

    pair = sign_in(api, user).json()

    headers = {"HTTP_AUTHORIZATION": f"Bearer {pair['access']}"}
    assert pair["totp_enrollment_required"] is True
    refused = api.get("/api/users/users/", **headers)
    assert refused.status_code == 403
    assert refused.json()["code"] == "totp_enrollment_required"
    assert api.get("/api/me/", **headers).json()["second_factor"] == {
        "is_required": True,
        "is_enrolled": False,
    }
    assert api.post("/api/me/totp/", {}, **headers).status_code == 200
