import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.users.factories import PASSWORD, UserFactory, grant
from users.exceptions import AlreadyEnrolled, BeyondOwnAuthority
from users.models import RecoveryCode
from users.services import second_factor
from users.services.sessions import Origin, start_session

TOKEN = "/api/token/"


def code_of(device, *, steps=0):
    return f"{totp(device.bin_key, t0=-steps * 30):06d}"


def enrolled(user):
    """A confirmed authenticator that has not been used yet, and its recovery codes."""
    device = second_factor.enroll(user, at=timezone.now())
    codes = second_factor.confirm(user, code=code_of(device), session=None, at=timezone.now())
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1)
    user.refresh_from_db()
    device.refresh_from_db()
    return device, codes


def sign_in(api, user, otp=None):
    body = {"email": user.email, "password": PASSWORD}
    return api.post(TOKEN, body if otp is None else {**body, "otp": otp})


@pytest.mark.django_db
def test_enrolling_over_the_api_opens_what_the_role_allows(api):
    user = UserFactory()
    grant(user, "users.view_user", requires_totp=True)
    pair = sign_in(api, user).json()
    other = sign_in(api, user).json()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {pair['access']}"}

    shown = api.post("/api/me/totp/", {}, **headers).json()
    device = TOTPDevice.objects.get(user=user)
    confirmed = api.post("/api/me/totp/confirm/", {"code": code_of(device)}, **headers)

    assert shown["otpauth_uri"].startswith(f"otpauth://totp/Windsock%3A{user.email[:5]}")
    assert f"secret={shown['secret']}" in shown["otpauth_uri"]
    assert shown["qr_svg"].startswith("<svg")
    assert confirmed.status_code == 200
    assert len(set(confirmed.json()["recovery_codes"])) == 10
    assert api.get("/api/users/users/", **headers).status_code == 200
    begun_without = {"HTTP_AUTHORIZATION": f"Bearer {other['access']}"}
    assert api.get("/api/me/", **begun_without).status_code == 401


@pytest.mark.django_db
def test_sign_in_asks_for_the_code_and_takes_each_code_once(api):
    user = UserFactory()
    device, _ = enrolled(user)
    code = code_of(device)

    asked = sign_in(api, user)
    wrong = sign_in(api, user, "abc")
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    right = sign_in(api, user, code)
    replayed = sign_in(api, user, code)

    assert (asked.status_code, asked.json()["code"]) == (401, "otp_required")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "otp_invalid")
    assert right.status_code == 200
    assert (replayed.status_code, replayed.json()["code"]) == (401, "otp_invalid")


@pytest.mark.django_db
def test_a_wrong_code_makes_the_next_try_wait(api):
    user = UserFactory()
    device, _ = enrolled(user)

    wrong = f"{(int(code_of(device)) + 1) % 1_000_000:06d}"
    assert sign_in(api, user, wrong).status_code == 401
    assert sign_in(api, user, code_of(device)).status_code == 401
    device.refresh_from_db()
    assert device.throttling_failure_count == 1


@pytest.mark.django_db(transaction=True)
def test_one_code_sent_twice_at_once_passes_once():
    user = UserFactory()
    device, _ = enrolled(user)
    code = code_of(device)
    together = threading.Barrier(4)

    def one():
        try:
            together.wait(timeout=10)
            return second_factor.verify(user, code=code, at=timezone.now()) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        passed = [f.result() for f in [pool.submit(one) for _ in range(4)]]

    assert passed.count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_a_secret_begun_while_another_is_confirmed_does_not_remove_it(monkeypatch):
    user = UserFactory()
    at = timezone.now()
    session = start_session(user, has_second_factor=False, origin=Origin(), at=at).session
    code = code_of(second_factor.enroll(user, at=at))
    checked = threading.Event()
    make_codes = second_factor._make_recovery_codes  # noqa: SLF001 - the last step of confirming

    def slowly(*args, **kwargs):
        checked.set()
        time.sleep(0.5)
        return make_codes(*args, **kwargs)

    monkeypatch.setattr(second_factor, "_make_recovery_codes", slowly)

    def confirm():
        try:
            return second_factor.confirm(user, code=code, session=session, at=timezone.now())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        confirming = pool.submit(confirm)
        assert checked.wait(timeout=10)
        with pytest.raises(AlreadyEnrolled):
            second_factor.enroll(user, at=timezone.now())
        confirming.result()

    assert second_factor.is_enrolled(user)


@pytest.mark.django_db
def test_a_recovery_code_stands_in_once(api):
    user = UserFactory()
    _, codes = enrolled(user)

    assert sign_in(api, user, codes[0].upper()).status_code == 200
    assert sign_in(api, user, codes[0]).json()["code"] == "otp_invalid"
    assert RecoveryCode.objects.filter(user=user, used_at__isnull=True).count() == 9
    assert not RecoveryCode.objects.filter(code_hash__in=codes).exists()


@pytest.mark.django_db
def test_confirming_refuses_a_wrong_code_and_a_second_enrollment(client_for):
    user = UserFactory()
    client = client_for(user)

    assert client.post("/api/me/totp/confirm/", {"code": "000000"}).status_code == 409
    client.post("/api/me/totp/", {})
    device = TOTPDevice.objects.get(user=user)
    wrong = f"{(int(code_of(device)) + 1) % 1_000_000:06d}"
    assert client.post("/api/me/totp/confirm/", {"code": wrong}).json()["code"] == "otp_invalid"
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert client.post("/api/me/totp/confirm/", {"code": code_of(device)}).status_code == 200
    assert client.post("/api/me/totp/", {}).json()["code"] == "totp_already_enrolled"


@pytest.mark.django_db
def test_disabling_needs_the_password_and_ends_the_sessions(client_for):
    user = UserFactory()
    enrolled(user)
    client = client_for(user)

    wrong = client.post("/api/me/totp/disable/", {"password": "wrong-password-1"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    assert client.post("/api/me/totp/disable/", {"password": PASSWORD}).status_code == 204
    assert client.get("/api/me/").status_code == 401
    assert not second_factor.is_enrolled(user)
    user.refresh_from_db()
    again = client_for(user)
    assert again.post("/api/me/totp/disable/", {"password": PASSWORD}).status_code == 409


@pytest.mark.django_db
def test_new_recovery_codes_replace_the_old(api, client_for):
    user = UserFactory()
    _, old = enrolled(user)

    answer = client_for(user).post("/api/me/totp/recovery-codes/", {"password": PASSWORD})

    assert answer.status_code == 200
    assert sign_in(api, user, old[1]).status_code == 401
    assert sign_in(api, user, answer.json()["recovery_codes"][1]).status_code == 200


@pytest.mark.django_db
def test_a_lost_authenticator_is_reset_by_who_may_do_no_less(client_for):
    helper, user, admin = UserFactory(), UserFactory(), UserFactory(is_superuser=True)
    grant(helper, "users.reset_totp_user", "users.view_user")
    grant(user, "users.change_user")
    enrolled(user)
    enrolled(admin)

    with pytest.raises(BeyondOwnAuthority):
        second_factor.reset(user, reason="lost", actor=helper, at=timezone.now())
    path = f"/api/users/users/{user.pk}/reset_totp/"
    assert client_for(admin).post(path, {"reason": "lost"}).status_code == 200
    assert not second_factor.is_enrolled(user)
    assert second_factor.is_enrolled(admin)


@pytest.mark.django_db
def test_a_code_of_the_step_before_still_counts(api):
    user = UserFactory()
    device, _ = enrolled(user)

    assert sign_in(api, user, code_of(device, steps=-1)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"code": 5.5}, {"code": "12345"}, {"code": None}, [], "x"])
def test_malformed_confirmations_are_a_400(client_for, body):
    client = client_for(UserFactory())

    assert client.post("/api/me/totp/confirm/", body, format="json").status_code == 400
