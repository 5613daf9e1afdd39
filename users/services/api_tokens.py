import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import accumulate
from typing import Any, cast

from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from common import audit
from common.exceptions import InvalidInput
from common.lifecycle import locked
from common.outbox import announce
from common.statements import PreparedQuery
from users.events import ApiTokenRevoked
from users.exceptions import NotActive, TokenRevoked
from users.models import ApiToken, ApiTokenUse, User
from users.services.guards import require_may_act_as, require_within_authority

KEY = re.compile(r"wsk_[a-z2-7]{8}_[A-Za-z0-9_-]{43}")
MAX_LIFETIME = timedelta(days=366)
MAX_SCOPES = 100
# Worth more than themselves: whoever holds one of these can make any other right.
NOT_FOR_MACHINES = {
    "users.add_apitoken",
    "users.add_role",
    "users.change_role",
    "users.add_roleassignment",
    "users.set_password_user",
    "users.reset_totp_user",
}
NOTE_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(
    owner: User,
    *,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime,
    allowed_networks: Iterable[str] = (),
    actor: User,
    at: datetime,
) -> tuple[ApiToken, str]:
    """
    Make a machine's key and return it once, beside its row; only the hash is kept.

    Raises InvalidInput for scopes unknown or not for machines, bad networks or a bad expiry,
    BeyondOwnAuthority for more than issuer or owner may, NotActive for a closed account.
    """
    wanted, networks = sorted(set(scopes)), [_network(text) for text in allowed_networks]
    owner = locked(owner)
    if not owner.is_active:
        raise NotActive(email=owner.email)
    if not at < expires_at <= at + MAX_LIFETIME:
        raise InvalidInput("/expires_at", f"Within {MAX_LIFETIME.days} days from now.")
    _require_allowed(wanted, actor, owner, at=at)
    prefix, key = _fresh_key()
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        prefix=prefix,
        key_hash=_digest(key),
        scopes=wanted,
        allowed_networks=networks,
        expires_at=expires_at,
        issued_by=actor,
        issued_at=at,
    )
    audit.record(
        "api_token.issue", token, actor=actor, at=at, owner=owner.email, name=name, scopes=wanted
    )
    return token, key


@transaction.atomic
def revoke_token(token: ApiToken, *, reason: str, actor: User, at: datetime) -> ApiToken:
    """End a machine's key at once. Raises TokenRevoked when it is revoked already."""
    token = locked(token)
    if token.revoked_at is not None:
        raise TokenRevoked(prefix=token.prefix)
    token.revoked_at, token.revoked_by, token.revoked_reason = at, actor, reason
    token.save(update_fields=["revoked_at", "revoked_by", "revoked_reason", "updated_at"])
    audit.record("api_token.revoke", token, actor=actor, at=at, reason=reason)
    announce(ApiTokenRevoked(token_id=token.pk))
    return token


def find_live(key: str, *, at: datetime) -> ApiToken | None:
    """The token this key opens, with its owner; None for any other text."""
    if not KEY.fullmatch(key):
        return None
    rows = _LIVE_TOKENS.rows(key_hash=_digest(key), at=at)
    return _token_of(rows[0]) if rows else None


# What a request asks of its token and owner; the rest is read when something asks for it.
_NEEDED: dict[Any, set[str]] = {
    ApiToken: {"id", "owner_id", "name", "prefix", "scopes", "allowed_networks", "expires_at"},
    User: {"id", "email", "first_name", "last_name", "is_active", "is_superuser", "token_epoch"},
    ApiTokenUse: {"token_id", "last_used_at"},
}
_COLUMNS = {
    # In the model's own order, as `from_db` wants them.
    model: [field.attname for field in model._meta.concrete_fields if field.attname in needed]
    for model, needed in _NEEDED.items()
}


def _live_tokens(key_hash: str, at: datetime) -> QuerySet[Any, Any]:
    rows = ApiToken.objects.live(at).filter(key_hash=key_hash, owner__is_active=True)
    return rows.values_list(
        *_COLUMNS[ApiToken],
        *(f"owner__{name}" for name in _COLUMNS[User]),
        *(f"use__{name}" for name in _COLUMNS[ApiTokenUse]),
    )


# A machine asks this several times a second.
_LIVE_TOKENS = PreparedQuery(
    _live_tokens, keeps_plan=True, key_hash="<key hash>", at=datetime(1970, 1, 1, tzinfo=UTC)
)


def _token_of(row: Sequence[Any]) -> ApiToken:
    """The token of a row, with its owner and its last use as `select_related` would give them."""
    found: list[Any] = [
        model.from_db(None, names, row[start : start + len(names)])
        for (model, names), start in zip(
            _COLUMNS.items(), accumulate(map(len, _COLUMNS.values()), initial=0), strict=False
        )
    ]
    token, owner, use = found
    token.owner = owner
    last_use = use if use.pk is not None else None
    ApiToken._meta.get_field("use").set_cached_value(token, last_use)
    return cast(ApiToken, token)


def note_use(token: ApiToken, *, at: datetime, address: str | None) -> None:
    """Write down when a token was last used, at most once a minute."""
    use = getattr(token, "use", None)
    if use is not None and use.last_used_at > at - NOTE_EVERY:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO users_apitokenuse AS use (token_id, last_used_at, last_address)
            VALUES (%s, %s, %s)
            ON CONFLICT (token_id) DO UPDATE
            SET last_used_at = EXCLUDED.last_used_at, last_address = EXCLUDED.last_address
            WHERE use.last_used_at <= %s
            """,
            [token.pk, at, address, at - NOTE_EVERY],
        )


def _fresh_key() -> tuple[str, str]:
    prefix = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(8))
    return prefix, f"wsk_{prefix}_{secrets.token_urlsafe(32)}"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as error:
        raise InvalidInput("/allowed_networks", f"{text[:60]} is not a network.") from error


def _require_allowed(scopes: list[str], actor: User, owner: User, *, at: datetime) -> None:
    _require_known(scopes)
    require_within_authority(owner, scopes)
    require_within_authority(actor, scopes)
    require_may_act_as(actor, owner, at=at)


def _require_known(scopes: list[str]) -> None:
    if not 1 <= len(scopes) <= MAX_SCOPES:
        raise InvalidInput("/scopes", f"Between 1 and {MAX_SCOPES} permissions.")
    if rights := sorted(NOT_FOR_MACHINES.intersection(scopes)):
        raise InvalidInput("/scopes", f"Not for machines: {', '.join(rights)}.")
    name = Concat(F("content_type__app_label"), Value("."), F("codename"))
    known = Permission.objects.annotate(full_name=name).filter(full_name__in=scopes)
    unknown = sorted(set(scopes) - set(known.values_list("full_name", flat=True)))
    if unknown:
        raise InvalidInput("/scopes", f"Unknown: {', '.join(unknown)[:200]}.")
