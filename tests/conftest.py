import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from common.redaction import withholding
from tests.flush import flush_as_superuser
from users.models import SignInSession, User
from users.services.sessions import Origin, start_session
from users.tokens import access_text

# A machine that is busy with other work is no fault of what is tested.
hypothesis_settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage again and again takes 7 % longer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session", autouse=True)
def test_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings that make tests quick and keep them to themselves."""
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        REDIS_URL="",
        MEDIA_ROOT=str(tmp_path_factory.mktemp("media")),
        SECURE_SSL_REDIRECT=False,
        # Each client would look through all static files anew, of the packages and as collected.
        WHITENOISE_USE_FINDERS=False,
        STATIC_ROOT=str(tmp_path_factory.mktemp("static")),
        FETCH_WEATHER=False,
    ):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the test database as the superuser, then run the tests as the application's role."""
    names = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    if names[0] != names[1]:
        # pytest-django prepares databases only for tests that carry the mark, and says nothing.
        raise pytest.UsageError("Mark these tests django_db: they would run on the real database.")
    flush_as_superuser()
    options = connection.settings_dict["OPTIONS"]
    before = options.get("options", "")
    with django_db_blocker.unblock():
        connection.close()
        options["options"] = f"{before} -c role={settings.DATABASE_APP_ROLE}"
        yield
        connection.close()
        options["options"] = before


@pytest.fixture(autouse=True)
def clear_cache() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def nothing_withheld() -> Iterator[None]:
    """What one test read of a patient is not kept out of the next one's log and mail."""
    with withholding():
        yield


@pytest.fixture(scope="module")
def kept_rows(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """
    Keeps what the module's fixtures write, as long as its tests last; each test rolls back to it.

    For worlds that many tests only read or are refused by: build in a fixture of the module that
    asks for this one, and hand each test a copy. Not for a module with tests that really commit.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Iterator[None]:
    """
    Check the deferred constraints of a kept world once.

    What is pending when a test begins is pending again after its rollback, and would be checked at
    the end of each test: for the world of the permission matrix that takes longer than its request.
    """
    made = yield
    if fixturedef.scope == "module" and "kept_rows" in request.fixturenames:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            # Back to how each was made: some are to speak at once, and would keep silent deferred.
            cursor.execute(
                "SELECT string_agg(DISTINCT quote_ident(conname), ', ') FROM pg_constraint"
                " WHERE condeferred"
            )
            (names,) = cursor.fetchone()
            cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
    return made


NOW = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The moment the tests' stories happen: a Sunday morning in Sydney, still Saturday in UTC."""
    return NOW


class SignedInClient(APIClient):
    """Sends a fresh access token of one real session with every request."""

    session_row: SignInSession

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("HTTP_AUTHORIZATION", f"Bearer {access_text(self.session_row)}")
        return super().generic(*args, **kwargs)


@pytest.fixture
def client_for() -> Callable[[User], APIClient]:
    """
    A client signed in as a user with a real JWT and a second factor given.

    Pass `has_second_factor=False` for a session begun with the password alone.
    """

    def build(user: User, *, has_second_factor: bool = True) -> APIClient:
        link = start_session(
            user, has_second_factor=has_second_factor, origin=Origin(), at=timezone.now()
        )
        client = SignedInClient()
        client.session_row = link.session
        return client

    return build


@pytest.fixture
def api() -> APIClient:
    """A client that is not signed in."""
    return APIClient()


class CollectingBackend:
    """A scheduler that keeps what it is given until the test runs it."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, dict[str, Any]]] = []

    def submit(self, task: str, arguments: dict[str, Any], *, delay_s: float = 0) -> None:
        self.tasks.append((task, arguments))


@pytest.fixture(autouse=True)
def scheduled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """The tasks handed to the background so far, as (name, arguments)."""
    collector = CollectingBackend()
    monkeypatch.setattr("common.scheduler.backend", lambda: collector)
    return collector.tasks


@pytest.fixture
def run_tasks(scheduled: list[tuple[str, dict[str, Any]]]) -> Callable[[], int]:
    """
    Run what was handed to the background, and what that hands on; returns how many tasks ran.

    In a test that lives in one transaction the commit hooks are run first, as a commit would.
    """

    def run() -> int:
        done = 0
        while True:
            _run_commit_hooks()
            if not scheduled:
                return done
            name, arguments = scheduled.pop(0)
            current_app.tasks[name].run(**arguments)
            done += 1

    return run


def _run_commit_hooks() -> None:
    hooks, connection.run_on_commit = connection.run_on_commit, []
    for _, hook, _ in hooks:
        hook()
