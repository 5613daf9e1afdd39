"""
WebODM's HTTP API, as far as handing pictures over and fetching what they became needs it.

One client per piece of work; every call is outside transactions. Names of projects and tasks are
looked for before they are made, so that work whose answer was lost is found again.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Self
from urllib.parse import quote

import httpx

CONNECT_S = 5.0
BLOCK = 256 * 1024
# What the numbers of the service mean.
STATES = {10: "queued", 20: "running", 30: "failed", 40: "completed", 50: "canceled"}


class ServiceFailed(Exception):
    """The service did not answer, or not with what it should; `is_final`: it will not either."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason[:500])
        self.is_final = is_final


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """How far a task is."""

    status: str
    progress_percent: int
    error: str
    assets: tuple[str, ...]


class WebODM:
    """One signed-in conversation with the service."""

    def __init__(
        self, url: str, *, user: str, password: str, timeout_s: float, most_bytes: int
    ) -> None:
        timeout = httpx.Timeout(timeout_s, connect=CONNECT_S)
        self._http = httpx.Client(
            base_url=f"{url}/api", timeout=timeout, follow_redirects=False, trust_env=False
        )
        self._login = {"username": user, "password": password}
        self._most_bytes = most_bytes

    def __enter__(self) -> Self:
        found = self._asked("POST", "/token-auth/", data=self._login)
        self._http.headers["Authorization"] = f"JWT {_text(found, 'token')}"
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def project(self, name: str) -> str:
        """The key of the project with a name, made where there is none."""
        found = self._asked("GET", "/projects/", params={"search": name})
        rows = found.get("results", []) if isinstance(found, dict) else found
        for row in rows:
            if row.get("name") == name:
                return _text(row, "id")
        return _text(self._asked("POST", "/projects/", data={"name": name}), "id")

    def task(self, project: str, name: str, options: Mapping[str, Any]) -> str:
        """The key of the task with a name, begun without pictures where there is none."""
        for row in self._asked("GET", f"/projects/{quote(project)}/tasks/"):
            if row.get("name") == name:
                return _text(row, "id")
        wanted = [{"name": key, "value": value} for key, value in sorted(options.items())]
        begun = self._asked(
            "POST",
            f"/projects/{quote(project)}/tasks/",
            json={"name": name, "options": wanted, "partial": True, "auto_processing_node": True},
        )
        return _text(begun, "id")

    def upload(self, project: str, task: str, name: str, file: IO[bytes], media_type: str) -> None:
        """Hand one picture over."""
        place = _place(project, task)
        self._asked("POST", f"{place}upload/", files={"images": (name, file, media_type)})

    def commit(self, project: str, task: str) -> None:
        """Say that all pictures are there."""
        self._asked("POST", f"{_place(project, task)}commit/")

    def state(self, project: str, task: str) -> TaskState:
        """How far a task is."""
        found = self._asked("GET", _place(project, task))
        status = STATES.get(found.get("status") or 10, "")
        if not status:
            raise ServiceFailed(f"Unknown state {found.get('status')!r}.")
        progress = float(found.get("running_progress") or 0)
        return TaskState(
            status=status,
            progress_percent=100 if status == "completed" else round(100 * min(1, progress)),
            error=str(found.get("last_error") or "")[:500],
            assets=tuple(str(name) for name in found.get("available_assets") or ()),
        )

    def cancel(self, project: str, task: str) -> None:
        """Call a task off."""
        self._asked("POST", f"{_place(project, task)}cancel/")

    @contextmanager
    def download(self, project: str, task: str, asset: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a result, as they come."""
        address = f"{_place(project, task)}download/{quote(asset, safe='')}"
        try:
            with self._http.stream("GET", address) as answer:
                _check(answer)
                yield self._bounded(answer)
        except httpx.HTTPError as error:
            raise ServiceFailed(str(error) or type(error).__name__) from error

    def _bounded(self, answer: httpx.Response) -> Iterator[bytes]:
        size = 0
        for block in answer.iter_bytes(BLOCK):
            size += len(block)
            if size > self._most_bytes:
                raise ServiceFailed("The result is too large.", is_final=True)
            yield block

    def _asked(self, method: str, path: str, **given: Any) -> Any:
        try:
            answer = self._http.request(method, path, **given)
            _check(answer)
            return answer.json() if answer.content else {}
        except httpx.HTTPError as error:
            raise ServiceFailed(str(error) or type(error).__name__) from error
        except ValueError as error:
            raise ServiceFailed("The answer is not JSON.") from error


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    # Of a mistake of ours it will think the same tomorrow; of its own trouble it may not.
    is_final = answer.is_client_error and answer.status_code not in (401, 403, 408, 425, 429)
    raise ServiceFailed(f"The service answered {answer.status_code}.", is_final=is_final)


def _place(project: str, task: str) -> str:
    return f"/projects/{quote(project, safe='')}/tasks/{quote(task, safe='')}/"


def _text(row: Any, name: str) -> str:
    value = row.get(name) if isinstance(row, dict) else None
    if value is None or not str(value) or len(str(value)) > 2000:
        raise ServiceFailed(f"The answer has no {name}.")
    return str(value)
