"""
Schemathesis over the Swagger 2.0 or the OpenAPI 3.1 document, in this process, all undone after
each case.

Made for a Django that is set up, with the rows of `tests.architecture.permission_world`.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup, ServerError
from schemathesis.openapi.checks import UndefinedStatusCode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from benchmarks.undone import undone

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DOCUMENTS = {"swagger": "/swagger.json", "openapi": "/api/openapi.json"}
PORTAL = "/client-management/portal/organizations/{organization}"
STREAMS = (
    "/flight-operations/operations/{number}/stream/",
    "/dispatcher/stream/",
    f"{PORTAL}/stream/",
    f"{PORTAL}/jobs/{{number}}/stream/",
)
EXCLUDED = {("get", path): "Server-Sent Events without an end" for path in STREAMS}
# The values for the names in an operation's address, one dictionary for each place to ask at.
Paths = Callable[[str], list[dict[str, Any]]]
HOSTILE: list[Any] = [
    "\x00",
    "a\x00b",
    "",
    " ",
    "\u202e\u200b\ufeff",
    "\U0001f6e9" * 400,
    "x" * 20_000,
    "NaN",
    "-Infinity",
    "1e400",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31",
    -1,
    0,
    2**31,
    2**63,
    10**30,
    -(10**30),
    1e308,
    0.1,
    True,
    None,
    [],
    {},
    [None],
    {"type": "Point", "coordinates": [1e9, "x"]},
    {"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]},
    {"type": "Polygon", "coordinates": [[]]},
]


@schemathesis.serializer("application/offset+octet-stream")
def octets(context: Any, value: Any) -> bytes:
    """The bytes of a part of an upload."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass
class Tally:
    """What was asked, and what came back that should not have."""

    cases: int = 0
    operations: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    server_errors: Counter[str] = field(default_factory=Counter)
    undocumented: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    samples: dict[str, str] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    secrets: tuple[str, ...] = ()
    leaks: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        return not (self.server_errors or self.undocumented or self.other or self.leaks)

    def text(self) -> str:
        lines = [
            f"schemathesis: {self.operations} operations, {self.cases} cases,"
            f" {sum(self.server_errors.values())} server errors,"
            f" {sum(self.undocumented.values())} undocumented statuses,"
            f" {sum(self.other.values())} bodies or types that differ from the document",
            "statuses: " + ", ".join(f"{k}: {v}" for k, v in sorted(self.statuses.items())),
            *(f"excluded: {line}" for line in self.excluded),
        ]
        if self.secrets:
            lines.append(f"leaks: {sum(self.leaks.values())}")
        for found in (self.server_errors, self.undocumented, self.other, self.leaks):
            for name, times in found.most_common():
                lines += [f"{times} x {name}", f"    {self.samples[name]}"]
        return "\n".join(lines)


def fuzz(
    headers: dict[str, str],
    keys: Callable[[str], Any],
    *,
    examples: int,
    only: str = "",
    seed: int = 0,
    paths: Paths | None = None,
    secrets: tuple[str, ...] = (),
    document: str = "swagger",
) -> Tally:
    """
    Ask every documented operation `examples` times, with values that fit and values that do not.

    `keys` gives for an address such as `rpas/aircraft` the key of a row that is there; `paths`
    instead whole addresses by an operation's own. An answer with one of `secrets` in it is a leak.
    `document` is the one that is held against the answers.
    """
    tally, chance = Tally(secrets=secrets), random.Random(seed)  # noqa: S311 - no secret
    with _one_connection():
        schema = schemathesis.openapi.from_wsgi(DOCUMENTS[document], get_wsgi_application())
        for result in schema.get_all_operations():
            operation = result.ok()
            where = (operation.method.lower(), operation.path.removeprefix("/api"))
            if where in EXCLUDED:
                tally.excluded.append(f"{where[0].upper()} {where[1]}: {EXCLUDED[where]}")
            elif only in operation.path:
                tally.operations += 1
                cases = _cases(operation, keys) if paths is None else _cases_at(operation, paths)
                _ask(operation, cases, examples, chance, _judge_by(headers, tally))
    return tally


def fuzz_portal(peers: Any, *, examples: int, seed: int = 0) -> Tally:
    """Ask every operation of the portal as one of two clients, at both their addresses."""
    return fuzz(
        peers.headers,
        str,
        examples=examples,
        only="/client-management/portal/",
        seed=seed,
        paths=peers.paths,
        secrets=peers.theirs.secrets,
    )


@contextmanager
def _one_connection() -> Iterator[None]:
    """Requests leave the connection and its open transaction alone, as in Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _ask(
    operation: Any,
    cases: Any,
    examples: int,
    chance: random.Random,
    judge: Callable[[Any, str], None],
) -> None:
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, version=st.sampled_from(['"1"', '"2"', '"3"', '"x"', ""]))
    def run(case: Any, version: str) -> None:
        if chance.random() < 0.4:
            _spoil(case, chance)
        judge(case, version)

    run()


def _cases(operation: Any, keys: Callable[[str], Any]) -> Any:
    """Cases that fit and that do not fit, most of them about a row that is there."""
    names = [parameter.name for parameter in operation.path_parameters]
    kind = "/".join(operation.path.removeprefix("/api").strip("/").split("/")[:2])
    known = {"path_parameters": {names[0]: keys(kind)}} if names else {}
    fitting = operation.as_strategy(GenerationMode.POSITIVE, **known)
    kinds = [fitting, fitting]
    if any(True for _ in _places(operation)):
        kinds.append(operation.as_strategy(GenerationMode.NEGATIVE, **known))
    if names:
        kinds.append(operation.as_strategy(GenerationMode.POSITIVE))
    return st.one_of(*kinds)


def _cases_at(operation: Any, paths: Paths) -> Any:
    """Cases at each of some addresses that are there, for whomever."""
    known = paths(operation.path) or [{}]
    return st.one_of(
        *(
            operation.as_strategy(
                GenerationMode.POSITIVE, **({"path_parameters": at} if at else {})
            )
            for at in known
        )
    )


def _places(operation: Any) -> Iterator[Any]:
    yield from operation.query
    yield from operation.body


def _spoil(case: Any, chance: random.Random) -> None:
    """Put a hostile value somewhere into the body or the query."""
    value = chance.choice(HOSTILE)
    if isinstance(case.body, dict) and case.body:
        _replace_somewhere(case.body, value, chance)
    elif isinstance(case.query, dict) and case.query:
        name = chance.choice(sorted(case.query))
        case.query[name] = value if isinstance(value, str) else str(value)


def _replace_somewhere(body: dict[str, Any], value: Any, chance: random.Random) -> None:
    holder: Any = body
    while True:
        place: Any = chance.choice(
            sorted(holder) if isinstance(holder, dict) else range(len(holder))
        )
        inner = holder[place]
        if not isinstance(inner, (dict, list)) or not inner or chance.random() < 0.4:
            holder[place] = value
            return
        holder = inner


def _judge_by(headers: dict[str, str], tally: Tally) -> Callable[[Any, str], None]:
    def judge(case: Any, version: str) -> None:
        _judge(case, {**headers, **({"If-Match": version} if version else {})}, tally)

    return judge


def _judge(case: Any, headers: dict[str, str], tally: Tally) -> None:
    cache.clear()
    with undone():
        response = case.call(headers=headers)
    tally.cases += 1
    tally.statuses[response.status_code] += 1
    _look_for_leaks(case, response, tally)
    # An answer without content has no type of content.
    checks = [c for c in CHECKS if response.content or c is not content_type_conformance]
    try:
        case.validate_response(response, checks=checks, headers=headers)
    except FailureGroup as group:
        for failure in group.exceptions:
            _note(case, response, failure, tally)
    except Failure as failure:
        _note(case, response, failure, tally)


def _look_for_leaks(case: Any, response: Any, tally: Tally) -> None:
    if not any(word in response.text for word in tally.secrets):
        return
    name = f"{case.method} {case.path} -> {response.status_code}: another party's rows"
    tally.leaks[name] += 1
    tally.samples.setdefault(name, f"path={case.path_parameters}: {response.text[:300]}")


def _note(case: Any, response: Any, failure: Any, tally: Tally) -> None:
    name = f"{case.method} {case.path} -> {response.status_code}: {failure.title}"
    if isinstance(failure, ServerError):
        found = tally.server_errors
    elif isinstance(failure, UndefinedStatusCode):
        found = tally.undocumented
    else:
        found = tally.other
        name += f" {str(failure.message)[:160]!r}"
    found[name] += 1
    body = repr(case.body)[:300]
    tally.samples.setdefault(
        name, f"path={case.path_parameters} query={case.query} body={body}: {response.text[:300]}"
    )
