import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from common.models import AuditEvent
from tests.flush import as_superuser
from tests.users.factories import PASSWORD, RoleFactory, UserFactory, hold, permission
from users.models import RefreshToken, SignInSession
from users.services import accounts, passwords, roles, sessions
from users.services.sessions import Origin
from users.tasks import forget_old_sessions
from users.tokens import access_text, refresh_text

REFRESH = "/api/token/refresh/"


def begin(user):
    return sessions.start_session(user, has_second_factor=False, origin=Origin(), at=timezone.now())


def bearer(link):
    return {"HTTP_AUTHORIZATION": f"Bearer {access_text(link.session)}"}


@pytest.mark.django_db
def test_a_refresh_gives_a_new_pair_and_the_old_token_is_spent(api):
    link = begin(UserFactory())

    first = api.post(REFRESH, {"refresh": refresh_text(link)})

    assert first.status_code == 200
    second = api.post(REFRESH, {"refresh": first.json()["refresh"]})
    assert second.status_code == 200
    assert RefreshToken.objects.filter(session=link.session).count() == 3


@pytest.mark.django_db
def test_a_replayed_token_ends_the_whole_family_and_is_written_down(api):
    link = begin(UserFactory())
    thief = api.post(REFRESH, {"refresh": refresh_text(link)}).json()

    replay = api.post(REFRESH, {"refresh": refresh_text(link)})

    assert replay.status_code == 401
    assert replay.json()["code"] == "token_not_valid"
    assert api.post(REFRESH, {"refresh": thief["refresh"]}).status_code == 401
    stolen = {"HTTP_AUTHORIZATION": f"Bearer {thief['access']}"}
    assert api.get("/api/me/", **stolen).status_code == 401
    link.session.refresh_from_db()
    assert link.session.revoked_reason == "replay"
    assert AuditEvent.objects.filter(action="session.replayed").count() == 1


def refresh_at_once(text, parties):
    """Send the same refresh from several threads at the same moment; returns the statuses."""
    together = threading.Barrier(parties)

    def one():
        try:
            client = APIClient()
            together.wait(timeout=10)
            return client.post(REFRESH, {"refresh": text}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(parties) as pool:
        return sorted(f.result() for f in [pool.submit(one) for _ in range(parties)])


@pytest.mark.django_db(transaction=True)
def test_of_parallel_refreshes_with_one_token_exactly_one_succeeds():
    link = begin(UserFactory())

    assert refresh_at_once(refresh_text(link), 6) == [200, 401, 401, 401, 401, 401]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_database_still_lets_one_refresh_through(monkeypatch):
    link = begin(UserFactory())
    let_all_read_first(monkeypatch, 4)

    statuses = refresh_at_once(refresh_text(link), 4)

    assert statuses.count(200) == 1
    assert set(statuses) == {200, 409}


@pytest.mark.django_db(transaction=True)
def test_without_lock_and_constraint_the_race_is_lost(monkeypatch):
    """The control: with both guards off this very test sees several winners."""
    link = begin(UserFactory())
    let_all_read_first(monkeypatch, 4)
    with one_child_each_switched_off():
        assert refresh_at_once(refresh_text(link), 4).count(200) > 1


def let_all_read_first(monkeypatch, parties):
    """Take the lock away and hold every refresh until all have read the token as unspent."""
    together = threading.Barrier(parties)
    link_of = sessions._link  # noqa: SLF001 - the place between reading and writing

    def unlocked(jti):
        return SignInSession.objects.select_related("user").filter(tokens__jti=jti).first()

    def slow(session, *, parent, at):
        together.wait(timeout=10)
        return link_of(session, parent=parent, at=at)

    monkeypatch.setattr(sessions, "lock_session", unlocked)
    monkeypatch.setattr(RefreshToken, "save", lambda self, **kwargs: None)
    monkeypatch.setattr(sessions, "_link", slow)
    monkeypatch.setattr(
        RefreshToken.objects,
        "create",
        lambda **f: RefreshToken.objects.bulk_create([RefreshToken(**f)])[0],
    )


class one_child_each_switched_off:  # noqa: N801 - reads as a statement of the test
    def __enter__(self):
        with as_superuser() as cursor:
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'users_refreshtoken'::regclass"
                " AND contype = 'u' AND conname LIKE '%%parent%%'"
            )
            (self.name,) = cursor.fetchone()
            cursor.execute(f'ALTER TABLE users_refreshtoken DROP CONSTRAINT "{self.name}"')

    def __exit__(self, *error):
        with as_superuser() as cursor:
            cursor.execute("DELETE FROM users_refreshtoken")
            cursor.execute(
                f'ALTER TABLE users_refreshtoken ADD CONSTRAINT "{self.name}" UNIQUE (parent_id)'
            )


@pytest.mark.django_db
def test_logout_ends_access_and_refresh_at_once(api):
    link = begin(UserFactory())
    other = begin(link.session.user)

    answer = api.post("/api/token/logout/", {}, **bearer(link))

    assert answer.status_code == 204
    assert api.get("/api/me/", **bearer(link)).status_code == 401
    assert api.post(REFRESH, {"refresh": refresh_text(link)}).status_code == 401
    assert api.get("/api/me/", **bearer(other)).status_code == 200
    assert api.post("/api/token/logout/", {}, **bearer(link)).status_code == 401


@pytest.mark.django_db
def test_logout_of_all_sessions_ends_the_others_too(api):
    link = begin(UserFactory())
    other = begin(link.session.user)

    assert api.post("/api/token/logout/", {"all_sessions": True}, **bearer(link)).status_code == 204
    assert api.get("/api/me/", **bearer(other)).status_code == 401


@pytest.mark.django_db
def test_logout_works_with_the_refresh_token_alone(api):
    link = begin(UserFactory())

    answer = api.post("/api/token/logout/", {"refresh": refresh_text(link)})

    assert answer.status_code == 204
    assert api.post(REFRESH, {"refresh": refresh_text(link)}).status_code == 401
    assert api.post("/api/token/logout/", {}).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("deed", ["password", "deactivation", "role"])
def test_what_changes_the_account_ends_its_sessions(api, deed):
    admin = UserFactory(is_superuser=True)
    user = UserFactory()
    link = begin(user)
    old_access, old_refresh = bearer(link), refresh_text(link)
    now = timezone.now()
    if deed == "password":
        passwords.change_password(user, current=PASSWORD, new="another-long-word", at=now)
    elif deed == "deactivation":
        accounts.deactivate(user, reason="left", actor=admin, at=now)
    else:
        roles.assign_role(user, RoleFactory(), actor=admin, at=now)

    assert api.get("/api/me/", **old_access).status_code == 401
    assert api.post(REFRESH, {"refresh": old_refresh}).status_code == 401
    assert api.post("/api/token/verify/", {"token": old_refresh}).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_tokens_of_a_deleted_account_are_a_401(api):
    link = begin(UserFactory())
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM users_user")
        cursor.execute("SET session_replication_role = DEFAULT")

    assert api.get("/api/me/", **bearer(link)).status_code == 401
    assert api.post(REFRESH, {"refresh": refresh_text(link)}).status_code == 401


@pytest.mark.django_db
def test_the_admin_cookie_ends_with_the_epoch_too(client):
    user = UserFactory(is_superuser=True)
    client.force_login(user, backend="users.backends.RoleBackend")
    assert client.get("/api/me/").status_code == 200

    sessions.end_all_sessions(user, reason="test", actor=None, at=timezone.now())

    assert client.get("/api/me/").status_code == 401


@pytest.mark.django_db
def test_an_expired_refresh_token_is_refused_without_revoking(api):
    link = begin(UserFactory())
    text = refresh_text(link)
    RefreshToken.objects.filter(pk=link.pk).update(expires_at=timezone.now())

    assert api.post(REFRESH, {"refresh": text}).status_code == 401
    link.session.refresh_from_db()
    assert link.session.revoked_at is None


@pytest.mark.django_db
def test_a_session_is_never_longer_than_a_week(now):
    user = UserFactory()
    link = sessions.start_session(user, has_second_factor=False, origin=Origin(), at=now)
    at = now
    for _ in range(13):
        at += timedelta(hours=11, minutes=59)
        link = sessions.rotate(link.jti, at=at)
    assert link.expires_at <= now + timedelta(days=7)

    with pytest.raises(sessions.SessionNotValid):
        sessions.rotate(link.jti, at=now + timedelta(days=7))


@pytest.mark.django_db
def test_tokens_are_told_apart_and_forgeries_refused(api):
    link = begin(UserFactory())
    access, refresh = access_text(link.session), refresh_text(link)

    def verify(text):
        answer = api.post("/api/token/verify/", {"token": text})
        return answer.status_code, answer.json().get("token_type")

    assert verify(access) == (200, "access")
    assert verify(refresh) == (200, "refresh")
    assert verify(access[:-3] + "abc") == (401, None)
    assert verify("not a token") == (401, None)
    assert api.post(REFRESH, {"refresh": access}).status_code == 401
    as_access = {"HTTP_AUTHORIZATION": f"Bearer {refresh}"}
    assert api.get("/api/me/", **as_access).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/token/refresh/", "/api/token/verify/"])
@pytest.mark.parametrize(
    "body", [{}, {"refresh": 5, "token": 5}, {"refresh": "x" * 2001}, {"x": 1}, [], None]
)
def test_malformed_bodies_are_a_400_or_401(api, path, body):
    assert api.post(path, body, format="json").status_code in (400, 401)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a.b.c", "Bearer \xe9", "Basic eDp5"]
)
def test_bad_credentials_are_a_401_that_says_how(api, header):
    answer = api.get("/api/me/", HTTP_AUTHORIZATION=header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.django_db
def test_a_role_taken_away_counts_at_once_whatever_the_token_says(client_for):
    user = UserFactory()
    role = RoleFactory(is_staff_role=True)
    role.grants.create(permission=permission("users.view_user"))
    held = hold(user, role)
    client = client_for(user)
    assert client.get("/api/users/users/").status_code == 200

    held.valid_until = timezone.now()
    held.save()

    assert client.get("/api/users/users/").status_code == 403


@pytest.mark.django_db
def test_a_token_costs_one_query_and_the_roles_another(client_for, django_assert_max_num_queries):
    client = client_for(UserFactory())

    with django_assert_max_num_queries(8) as taken:
        client.get("/api/me/")

    assert sum("users_signinsession" in q["sql"] for q in taken.captured_queries) == 1
    assert sum("users_roleassignment" in q["sql"] for q in taken.captured_queries) == 1


@pytest.mark.django_db
def test_sign_ins_that_ended_long_ago_are_forgotten():
    old, live = begin(UserFactory()), begin(UserFactory())
    long_ago = timezone.now() - timedelta(days=60)
    SignInSession.objects.filter(pk=old.session.pk).update(
        started_at=long_ago, ends_at=long_ago + timedelta(days=7)
    )

    forget_old_sessions()

    assert list(SignInSession.objects.all()) == [live.session]
    assert list(RefreshToken.objects.all()) == [live]


@pytest.mark.django_db
def test_browser_sessions_that_ran_out_are_forgotten(client):
    for _ in range(2):
        client.force_login(UserFactory(), backend="users.backends.RoleBackend")
        live = client.session.session_key
        client.cookies.clear()
    over = Session.objects.exclude(pk=live)
    assert over.update(expire_date=timezone.now() - timedelta(seconds=1)) == 1

    forget_old_sessions()

    assert [row.pk for row in Session.objects.all()] == [live]
