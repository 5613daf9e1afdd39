"""One request, one effect: the key, the effect and the stored answer share a transaction."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from common.api.etags import etag_of
from common.exceptions import DomainError
from common.models import IdempotencyKey

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
V = TypeVar("V", bound=Callable[..., Response])


class KeyReused(DomainError):
    status = 422
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for another request."


def idempotent(view: V) -> V:
    """
    Honor an Idempotency-Key header on a view method: the same request again gets the same answer.

    Only answers that changed something (2xx) are kept; a refusal changed nothing and may be tried
    again. A second request that arrives while the first still runs waits for it.
    """

    @wraps(view)
    def run(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return view(self, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise ValidationError({HEADER: "1 to 128 visible ASCII characters."})
        with transaction.atomic():
            return _once(request, key, lambda: view(self, request, *args, **kwargs))

    run.is_idempotent = True  # type: ignore[attr-defined]
    return cast(V, run)


def _once(request: Request, key: str, effect: Callable[[], Response]) -> Response:
    fingerprint = _fingerprint(request)
    user: Any = request.user
    # Waits here while another transaction holds the same key, then finds its answer.
    _, is_first = IdempotencyKey.objects.get_or_create(
        user=user,
        key=key,
        defaults={"fingerprint": fingerprint, "created_at": timezone.now()},
    )
    kept = IdempotencyKey.objects.select_for_update().get(user=user, key=key)
    if not is_first:
        if kept.fingerprint != fingerprint:
            raise KeyReused
        response = Response(kept.response_body, status=kept.response_status)
        response["Idempotent-Replay"] = "true"
        version = kept.response_body.get("version") if type(kept.response_body) is dict else None
        if version is not None:
            response["ETag"] = etag_of(version)
        return response
    response = effect()
    kept.response_status = response.status_code
    kept.response_body = json.loads(json.dumps(response.data, cls=JSONEncoder))
    kept.save(update_fields=["response_status", "response_body"])
    return response


class KeyMissing(DomainError):
    status = 400
    code = "idempotency_key_required"
    message = "This moves money: name the request with an Idempotency-Key header."


def keyed(view: V) -> V:
    """`idempotent` for a view method that moves money: it refuses a request without a key."""
    once = idempotent(view)

    @wraps(view)
    def run(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        if request.headers.get(HEADER) is None:
            raise KeyMissing
        return once(self, request, *args, **kwargs)

    run.is_idempotent = run.requires_key = True  # type: ignore[attr-defined]
    return cast(V, run)


def carried_out_once(
    request: Request,
    *,
    begin: Callable[[], int],
    carry_out: Callable[[int], Response],
) -> Response:
    """
    Honor an Idempotency-Key for a deed of another system, which no transaction can hold.

    `begin` records what is to be done, with the key, in one transaction, and returns the row's
    number; `carry_out` does it, outside any transaction and harmless twice. The same key again gets
    the first answer, or, where the first request died before it had one, carries the deed out.
    Raises KeyMissing.
    """
    key = request.headers.get(HEADER)
    if key is None:
        raise KeyMissing
    if not _KEY.fullmatch(key):
        raise ValidationError({HEADER: "1 to 128 visible ASCII characters."})
    row, is_first = _begun(request, key, begin)
    if row.response_status is None:
        answer = carry_out(cast(dict[str, int], row.response_body)["begun"])
        if _kept(row, answer):
            return answer
        row.refresh_from_db()
        is_first = False
    response = Response(row.response_body, status=row.response_status)
    if not is_first:
        response["Idempotent-Replay"] = "true"
    return response


def _begun(request: Request, key: str, begin: Callable[[], int]) -> tuple[IdempotencyKey, bool]:
    fingerprint = _fingerprint(request)
    user: Any = request.user
    with transaction.atomic():
        row, is_first = IdempotencyKey.objects.get_or_create(
            user=user,
            key=key,
            defaults={"fingerprint": fingerprint, "created_at": timezone.now()},
        )
        if is_first:
            row.response_body = {"begun": begin()}
            row.save(update_fields=["response_body"])
        elif row.fingerprint != fingerprint:
            raise KeyReused
    return row, is_first


def _kept(row: IdempotencyKey, answer: Response) -> bool:
    """Keep the answer; False where another request with the key kept its own first."""
    body = json.loads(json.dumps(answer.data, cls=JSONEncoder))
    unanswered = IdempotencyKey.objects.filter(pk=row.pk, response_status=None)
    return bool(unanswered.update(response_status=answer.status_code, response_body=body))


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, sort_keys=True, cls=JSONEncoder, default=str)
    text = "\n".join([request.method or "", request.path, body])
    # Keyed: a plain hash of a body with a name in it could be guessed back.
    return salted_hmac("windsock idempotency", text, algorithm="sha256").hexdigest()
