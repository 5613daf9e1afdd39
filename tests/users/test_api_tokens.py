import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from common.exceptions import InvalidInput
from tests.rpas.factories import MemberFactory, OperatorFactory
from tests.users.factories import UserFactory, grant
from users.exceptions import BeyondOwnAuthority, NotActive, TokenRevoked
from users.models import ApiToken, ApiTokenUse
from users.services import accounts, api_tokens

pytestmark = pytest.mark.django_db
SCOPE = "users.view_user"


@pytest.fixture
def owner():
    user = UserFactory()
    grant(user, SCOPE, "users.view_role")
    return user


def issue(owner, **more):
    now = timezone.now()
    given = {"name": "Truck", "scopes": [SCOPE], "expires_at": now + timedelta(days=30), **more}
    return api_tokens.issue_token(owner, actor=owner, at=now, **given)


def ask(api, key, path="/api/users/users/", **more):
    return api.get(path, HTTP_X_API_TOKEN=key, **more)


def test_a_key_opens_what_its_scopes_name(api, owner):
    _, key = issue(owner)

    assert ask(api, key).status_code == 200
    assert api.get("/api/users/users/", HTTP_AUTHORIZATION=f"ApiToken {key}").status_code == 200
    assert ask(api, key, "/api/users/roles/").status_code == 403
    assert ask(api, key, "/api/me/").status_code == 403


def test_a_scope_is_worth_nothing_once_the_owner_lost_the_right(api, owner):
    _, key = issue(owner)
    owner.role_assignments.update(valid_until=timezone.now())

    assert ask(api, key).status_code == 403


def test_only_the_hash_is_kept(owner):
    token, key = issue(owner)

    assert token.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert key.startswith(f"wsk_{token.prefix}_")
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert key not in str(row)
    assert key[13:] not in str(row)


@pytest.mark.parametrize("case", ["revoked", "expired", "closed", "forged", "cut", "empty"])
def test_a_dead_key_is_a_401(api, owner, case):
    token, key = issue(owner)
    now = timezone.now()
    if case == "revoked":
        api_tokens.revoke_token(token, reason="lost", actor=owner, at=now)
    elif case == "expired":
        ApiToken.objects.update(issued_at=now - timedelta(days=2), expires_at=now)
    elif case == "closed":
        accounts.deactivate(owner, reason="x", actor=UserFactory(is_superuser=True), at=now)
    keys = {"forged": key[:-1] + ("A" if key[-1] != "A" else "B"), "cut": key[:20], "empty": "x"}

    answer = ask(api, keys.get(case, key))

    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"


def test_deactivating_the_owner_revokes_the_keys_for_good(api, owner):
    root = UserFactory(is_superuser=True)
    _, key = issue(owner)
    accounts.deactivate(owner, reason="x", actor=root, at=timezone.now())
    accounts.reactivate(owner, reason="x", actor=root, at=timezone.now())

    assert ask(api, key).status_code == 401


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.7", 200), ("203.0.114.7", 401), ("2001:db8::5", 200), ("", 401), ("::1", 401)],
)
def test_a_key_bound_to_networks_works_from_there_only(api, owner, address, status):
    _, key = issue(owner, allowed_networks=["203.0.113.0/24", "2001:db8::/32"])

    assert ask(api, key, REMOTE_ADDR=address).status_code == status


def test_last_use_is_written_at_most_once_a_minute(api, owner, django_assert_num_queries):
    token, key = issue(owner)
    ask(api, key, REMOTE_ADDR="203.0.113.7")
    first = ApiTokenUse.objects.get(token=token)
    ask(api, key)
    assert ApiTokenUse.objects.get(token=token).last_used_at == first.last_used_at
    assert first.last_address == "203.0.113.7"

    ApiTokenUse.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    ask(api, key)

    assert ApiTokenUse.objects.get(token=token).last_used_at > first.last_used_at
    token.refresh_from_db()
    assert token.version == 1
    with django_assert_num_queries(1):
        api_tokens.find_live(key, at=timezone.now()).owner.email  # noqa: B018 - reads it


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"scopes": ["users.nothing"]}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": [SCOPE, "users.add_apitoken"]}, "/scopes"),
        ({"scopes": ["users.set_password_user"]}, "/scopes"),
        ({"allowed_networks": ["somewhere"]}, "/allowed_networks"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "/expires_at"),
        ({"expires_at": timezone.now() + timedelta(days=400)}, "/expires_at"),
    ],
)
def test_senseless_tokens_are_refused(owner, changes, pointer):
    with pytest.raises(InvalidInput) as refusal:
        issue(owner, **changes)

    assert refusal.value.details["pointer"] == pointer


def test_nobody_issues_more_than_they_or_the_owner_may(owner):
    strong = UserFactory()
    grant(strong, SCOPE, "users.change_user")
    now = timezone.now()
    given = {"name": "x", "expires_at": now + timedelta(days=1), "at": now}

    with pytest.raises(BeyondOwnAuthority):
        issue(owner, scopes=["users.change_user"])
    with pytest.raises(BeyondOwnAuthority):
        api_tokens.issue_token(strong, scopes=["users.change_user"], actor=owner, **given)
    with pytest.raises(BeyondOwnAuthority):
        api_tokens.issue_token(owner, scopes=["users.change_user"], actor=strong, **given)
    with pytest.raises(NotActive):
        closed = UserFactory(is_active=False)
        api_tokens.issue_token(closed, scopes=[SCOPE], actor=strong, **given)


def test_nobody_issues_a_key_in_the_name_of_who_reaches_further(owner):
    now = timezone.now()
    given = {"name": "x", "scopes": [SCOPE], "expires_at": now + timedelta(days=1), "at": now}
    issuer, colleague, elsewhere = UserFactory(), UserFactory(), UserFactory()
    for person in (issuer, colleague, elsewhere):
        grant(person, SCOPE)
    ours, theirs = OperatorFactory(), OperatorFactory()
    for person, operator in ((issuer, ours), (colleague, ours), (elsewhere, theirs)):
        MemberFactory(user=person, operator=operator)

    for other in (UserFactory(is_superuser=True), owner, elsewhere):
        with pytest.raises(BeyondOwnAuthority):
            api_tokens.issue_token(other, actor=issuer, **given)
    token, _ = api_tokens.issue_token(colleague, actor=issuer, **given)

    assert (token.owner, token.issued_by) == (colleague, issuer)
    grant(issuer, "users.change_apitoken")
    assert api_tokens.issue_token(elsewhere, actor=issuer, **given)[0].owner == elsewhere


def test_a_token_is_revoked_once(owner):
    token, _ = issue(owner)
    api_tokens.revoke_token(token, reason="lost", actor=owner, at=timezone.now())

    with pytest.raises(TokenRevoked):
        api_tokens.revoke_token(token, reason="lost", actor=owner, at=timezone.now())


def test_issuing_over_the_api_shows_the_key_once(api, client_for):
    root = UserFactory(is_superuser=True)
    client = client_for(root)
    body = {
        "owner": root.pk,
        "name": "Truck",
        "scopes": ["flight_operations.ingest_flightoperation"],
        "expires_at": (timezone.now() + timedelta(days=9)).isoformat(),
    }

    made = client.post("/api/users/api-tokens/", body)

    key = made.json()["key"]
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    path = f"/api/users/api-tokens/{made.json()['id']}/"
    assert "key" not in client.get(path).json()
    assert ask(api, key).status_code == 403
    assert client.post(f"{path}revoke/", {"reason": "lost"}).status_code == 200
    assert client.post(f"{path}revoke/", {"reason": "lost"}).status_code == 409
    assert ask(api, key).status_code == 401


def test_tokens_of_others_are_hidden(client_for, owner):
    token, _ = issue(owner)
    other, keeper = UserFactory(), UserFactory()
    grant(other, "users.view_apitoken", "users.revoke_apitoken")
    grant(keeper, "users.view_apitoken", "users.change_apitoken")

    path = f"/api/users/api-tokens/{token.pk}/"
    assert client_for(other).get(path).status_code == 404
    assert client_for(other).post(f"{path}revoke/", {"reason": "x"}).status_code == 404
    assert client_for(keeper).get(path).json()["prefix"] == token.prefix
    token.refresh_from_db()
    assert token.revoked_at is None


def test_whoever_issued_a_machines_token_sees_it_and_can_end_it(client_for, owner):
    issuer = UserFactory()
    grant(issuer, "users.view_apitoken", "users.revoke_apitoken")
    token, _ = issue(owner)
    ApiToken.objects.filter(pk=token.pk).update(issued_by=issuer)

    path = f"/api/users/api-tokens/{token.pk}/"
    assert client_for(issuer).get(path).json()["prefix"] == token.prefix
    assert client_for(issuer).post(f"{path}revoke/", {"reason": "lost"}).status_code == 200
