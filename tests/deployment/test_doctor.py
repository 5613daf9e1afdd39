"""The doctor: faults are planted one at a time; each is found, named, and has a remedy."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from airports.models import SourceState
from airports.queries.reference import EMBEDDED, embedded_cycle
from common import diagnosis
from common.diagnosis import Result, Trouble, examination, examine
from common.exceptions import AlreadyDelivered
from common.mail.kinds import mail_kinds
from common.mail.outbox import post
from common.models import Delivery, Heartbeat, OutboxEvent
from common.outbox import deliver_again
from common.tasks import MAX_ATTEMPTS
from documents.exceptions import RenderFailed
from finance.models import TaxRule
from flight_operations.services.telemetry_watch import ensure_partitions
from tests.airports.factories import RunwayFactory, report
from tests.deployment.dropped_guards import (
    constraint_dropped,
    history_dropped,
    in_superusers_hands,
    partition_bare,
    policy_dropped,
    policy_off,
    trigger_dropped,
)
from tests.users.factories import UserFactory
from tests.users.webhook_scene import make_subscription, queue_tests
from users.models import Role, RoleAssignment, RoleGrant, User
from users.services.seeding import seed_roles

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def found(key: str) -> Result:
    (result,) = (each for each in examine(only=[key]) if each.key == key)
    return result


def as_told(result: Result) -> str:
    return "\n".join(f"{each.message} -> {each.remedy}" for each in result.troubles)


def database_away(ground: Any) -> None:
    def refuses(*args: Any, **options: Any) -> None:
        raise OperationalError("connection refused")

    ground.monkeypatch.setattr(connection, "cursor", refuses)


def clock_ahead(by: timedelta) -> SimpleNamespace:
    return SimpleNamespace(now=lambda: timezone.now() + by)


def clock_wrong(ground: Any) -> None:
    ground.monkeypatch.setattr("common.diagnoses.timezone", clock_ahead(timedelta(minutes=3)))


def migration_missing(ground: Any) -> None:
    in_superusers_hands(
        "DELETE FROM django_migrations WHERE app = 'rpas' AND name ="
        " (SELECT max(name) FROM django_migrations WHERE app = 'rpas')"
    )


def database_newer(ground: Any) -> None:
    in_superusers_hands("INSERT INTO django_migrations VALUES (-1, 'rpas', '9999_later', now())")


def role_too_strong(ground: Any) -> None:
    in_superusers_hands("GRANT UPDATE ON common_auditevent TO windsock_app")


def trigger_off(ground: Any) -> None:
    in_superusers_hands("ALTER TABLE common_auditevent DISABLE TRIGGER append_only_rows")


def constraint_unchecked(ground: Any) -> None:
    in_superusers_hands("ALTER TABLE users_user ADD CONSTRAINT tall CHECK (id > 0) NOT VALID")


def redis_away(ground: Any) -> None:
    def refuses(*args: Any) -> None:
        raise ConnectionError

    ground.monkeypatch.setattr(cache, "set", refuses)


def worker_silent(ground: Any) -> None:
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(minutes=5))


def event_given_up(ground: Any) -> None:
    event = OutboxEvent.objects.create(name="tests.thing", payload={})
    Delivery.objects.create(
        event=event, handler="tests.broken", attempts=MAX_ATTEMPTS, last_error="ValueError('no')"
    )


def mail_waiting(since: timedelta) -> None:
    kind = next(each for each in mail_kinds() if each.key == "agreement_code")
    context = dict.fromkeys(kind.fields, "x")
    post(kind.key, to="a@b.example", context=context, once="1", at=timezone.now() - since)


def mail_stays(ground: Any) -> None:
    mail_waiting(timedelta(hours=2))


def files_read_only(ground: Any) -> None:
    ground.settings.MEDIA_ROOT = "/proc"


def disk_full(ground: Any) -> None:
    usage = SimpleNamespace(free=5 * 1024**2)
    ground.monkeypatch.setattr("common.diagnoses.shutil.disk_usage", lambda path: usage)


def restore_cut_off(ground: Any) -> None:
    (Path(ground.settings.MEDIA_ROOT) / ".restoring").mkdir()


def key_lost(ground: Any) -> None:
    mail_waiting(timedelta())
    ground.settings.FIELD_ENCRYPTION_KEYS = (("other", b"o" * 32),)


def key_replaced(ground: Any) -> None:
    mail_waiting(timedelta())
    (name, _), *others = ground.settings.FIELD_ENCRYPTION_KEYS
    ground.settings.FIELD_ENCRYPTION_KEYS = ((name, b"o" * 32), *others)


def partition_unguarded(ground: Any) -> None:
    day = timezone.now().date()
    in_superusers_hands(f"ALTER TABLE telemetry.log_{day:%Y%m%d} DISABLE TRIGGER append_only_rows")


def role_is_a_member(ground: Any) -> None:
    in_superusers_hands(
        "CREATE ROLE doctor_owner; ALTER TABLE users_user OWNER TO doctor_owner;"
        " GRANT doctor_owner TO windsock_app"
    )


def no_worker_at_all(ground: Any) -> None:
    ground.settings.SCHEDULER_BACKEND = "threads"


def weather_old(ground: Any) -> None:
    ground.monkeypatch.setattr("airports.diagnoses.timezone", clock_ahead(timedelta(hours=5)))


def no_aerodromes(ground: Any) -> None:
    ground.monkeypatch.setattr("airports.diagnoses.is_reference_loaded", lambda: False)


def grants_behind(ground: Any) -> None:
    RoleGrant.objects.filter(role__code="dispatcher").first().delete()


def nobody_administers(ground: Any) -> None:
    User.objects.filter(pk=ground.admin.pk).update(is_active=False)


def demo_open(ground: Any) -> None:
    UserFactory(email="dispatcher@demo.windsock.example")
    ground.settings.DEBUG = ground.settings.DEMO = False


def renderer_broken(ground: Any) -> None:
    def refuses(*args: Any) -> None:
        raise RenderFailed(reason="no fonts")

    ground.monkeypatch.setattr("documents.diagnoses.render_pdf", refuses)


def no_taxes(ground: Any) -> None:
    ground.monkeypatch.setattr(TaxRule.objects, "exists", lambda: False, raising=False)


def webhooks_wait(ground: Any) -> None:
    # Due since the day of the tests' stories.
    queue_tests(make_subscription(), 1)


def partition_missing(ground: Any) -> None:
    day = timezone.now().date()
    in_superusers_hands(
        f"ALTER TABLE flight_operations_flightexecutionlog DETACH PARTITION"
        f" telemetry.log_{day:%Y%m%d}"
    )


@pytest.fixture(scope="module")
def admin(kept_rows: None) -> User:
    """An installation in order, and who looks after it."""
    seed_roles()
    person = UserFactory()
    role = Role.objects.get(code="admin")
    RoleAssignment.objects.create(user=person, role=role, valid_from=timezone.now() - HOUR)
    RunwayFactory()
    SourceState.objects.create(name=EMBEDDED, etag=embedded_cycle())
    report("YSSY 010000Z 18010KT 9999 FEW030 20/10 Q1015", at=timezone.now())
    call_command("seed_accounts", stdout=StringIO())
    call_command("seed_taxes", stdout=StringIO())
    ensure_partitions(today=timezone.now().date())
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    return person


@pytest.fixture
def ground(admin: User, monkeypatch: Any, settings: Any, tmp_path: Path) -> SimpleNamespace:
    """What a fault is planted in."""
    settings.MEDIA_ROOT, settings.FETCH_WEATHER = str(tmp_path), True
    # The cache of the tests stands in for what is there.
    settings.REDIS_URL, settings.SCHEDULER_BACKEND = "redis://stand-in/0", "celery"
    return SimpleNamespace(monkeypatch=monkeypatch, settings=settings, admin=admin)


PLANTED: list[tuple[Callable[[Any], None], str, str]] = [
    (database_away, "database.answers", "DATABASE_URL"),
    (clock_wrong, "database.clock", "NTP"),
    (migration_missing, "database.migrations", "script/manage migrate"),
    (database_newer, "database.migrations", "restore the backup"),
    (role_too_strong, "database.role", "script/manage migrate"),
    (trigger_off, "database.guards", "ENABLE TRIGGER append_only_rows"),
    (trigger_dropped, "database.declared", "sqlmigrate common 0003_guards"),
    (history_dropped, "database.declared", "sqlmigrate users"),
    (policy_dropped, "database.declared", "sqlmigrate client_management 0012_client_rows"),
    (policy_off, "database.declared", "sqlmigrate client_management 0012_client_rows"),
    (partition_bare, "database.declared", "As the owner"),
    (constraint_dropped, "database.declared", "sqlmigrate"),
    (constraint_unchecked, "database.guards", "VALIDATE CONSTRAINT tall"),
    (partition_unguarded, "database.guards", "ALTER TABLE telemetry.log_"),
    (role_is_a_member, "database.role", "Connect as windsock_app"),
    (no_worker_at_all, "worker.heartbeat", "SCHEDULER_BACKEND=celery"),
    (key_replaced, "keys.sealed", "kept elsewhere"),
    (redis_away, "redis.answers", "REDIS_URL"),
    (worker_silent, "worker.heartbeat", "Procfile"),
    (event_given_up, "events.delivered", "Deliver again"),
    (mail_stays, "mail.sent", "EMAIL_HOST"),
    (files_read_only, "files.storage", "MEDIA_ROOT"),
    (disk_full, "files.storage", "Make room"),
    (restore_cut_off, "files.storage", "script/manage restore FOLDER --replace"),
    (key_lost, "keys.sealed", "rotate_keys"),
    (weather_old, "weather.age", "script/manage fetch_weather"),
    (no_aerodromes, "airports.reference", "script/manage load_reference_data"),
    (grants_behind, "users.roles", "script/manage seed_roles"),
    (nobody_administers, "users.administrator", "script/manage createsuperuser"),
    (demo_open, "users.administrator", "Close every account"),
    (renderer_broken, "documents.renderer", "Pango"),
    (no_taxes, "finance.books", "script/manage seed_taxes"),
    (webhooks_wait, "webhooks.sent", "worker.heartbeat"),
    (partition_missing, "telemetry.partitions", "script/manage telemetry_partitions"),
]


def test_an_installation_in_order_has_no_fault(ground):
    results = list(examine(with_all_rows=True))

    assert [as_told(each) for each in results if not each.is_in_order] == []
    assert not any(each.skipped for each in results)


@pytest.mark.parametrize(
    ("plant", "key", "remedy"), PLANTED, ids=[plant.__name__ for plant, *_ in PLANTED]
)
def test_a_planted_fault_is_found_where_it_is_and_a_remedy_named(ground, plant, key, remedy):
    assert found(key).is_in_order
    plant(ground)

    result = found(key)

    assert not result.is_in_order
    assert remedy in as_told(result)


def test_a_value_that_does_not_open_is_told_once(ground):
    key_replaced(ground)

    (trouble,) = found("keys.sealed").troubles
    assert "1 of the values looked at do not open" in trouble.message


def test_whoever_plants_fifteen_faults_finds_as_many():
    assert len(PLANTED) >= 15


def test_nothing_else_is_blamed_when_the_database_is_away(ground):
    database_away(ground)

    results = {each.key: each for each in examine()}

    assert results["database.migrations"].skipped == "the database does not answer"
    assert [key for key, each in results.items() if not each.is_in_order] == ["database.answers"]


def test_what_breaks_down_is_a_fault_and_the_others_are_looked_at(ground, monkeypatch):
    monkeypatch.setattr(diagnosis, "_EXAMINATIONS", {})

    @examination("a.breaks", "Breaks")
    def breaks() -> list[Trouble]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        return []

    @examination("b.works", "Works")
    def works() -> list[Trouble]:
        return [Trouble("Look at this", "Do that", is_fault=False)]

    broken, working = examine()

    assert "no_such_table" in broken.troubles[0].message
    assert (broken.is_in_order, working.is_in_order) == (False, True)
    with pytest.raises(ValueError, match="twice"):
        examination("b.works", "Again")(works)


def told(*arguments: str) -> tuple[str, int]:
    out, status = StringIO(), 0
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return out.getvalue(), status


def test_the_command_says_what_to_do_and_ends_with_one_on_a_fault(ground):
    text, status = told("database.migrations", "weather.age")
    assert (status, "0 with faults" in text) == (0, True)
    weather_old(ground)

    text, status = told("weather.age")
    document = json.loads(told("weather.age", "--json")[0])

    assert status == 1
    assert "FAULT    Weather comes in: The newest report came 5.0 h ago." in text
    assert "script/manage fetch_weather" in text
    assert document["faults"] == 1
    assert {each["key"] for each in document["results"]} == {"database.answers", "weather.age"}
    assert "audit.chain" in told("--list")[0]
    with pytest.raises(CommandError, match=r"no examination weather\.color"):
        call_command("doctor", "weather.color")


def test_all_rows_are_read_only_when_that_is_asked_for(ground):
    text, _ = told()

    assert "skipped  The audit trail is whole (reads all rows; asked for with --all)" in text


def test_an_event_that_was_given_up_is_handed_over_once_more(ground, scheduled):
    event_given_up(ground)
    lost = Delivery.objects.get(handler="tests.broken")
    again = deliver_again(lost, actor=ground.admin, at=timezone.now())
    for _, hook, _ in connection.run_on_commit:
        hook()

    assert (again.attempts, again.last_error) == (0, "ValueError('no')")
    assert ("common.tasks.deliver", {"delivery_id": lost.pk}) in scheduled
    Delivery.objects.filter(pk=lost.pk).update(delivered_at=timezone.now())
    with pytest.raises(AlreadyDelivered):
        deliver_again(lost, actor=ground.admin, at=timezone.now())


def test_deliveries_are_handed_over_again_in_the_admin_by_superusers_alone(ground, client):
    event_given_up(ground)
    lost = Delivery.objects.get(handler="tests.broken")
    form = {"action": "deliver_again", "_selected_action": [lost.pk]}
    address = "/admin/common/delivery/"

    client.force_login(ground.admin, backend="users.backends.RoleBackend")
    client.post(address, form)
    assert Delivery.objects.get(pk=lost.pk).attempts == MAX_ATTEMPTS
    person = UserFactory(is_superuser=True)
    device = TOTPDevice.objects.create(user=person, confirmed=True)
    client.force_login(person, backend="users.backends.RoleBackend")
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    client.post(address, form)

    assert Delivery.objects.get(pk=lost.pk).attempts == 0
