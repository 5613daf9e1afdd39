import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext

from common import audit
from common.database import append_only_tables
from common.management.commands import migrate
from common.models import AuditEvent, AuditLink, Heartbeat
from tests.common.concurrency import at_once
from tests.users.factories import UserFactory, grant


def deed(now, actor=None, **details):
    with transaction.atomic():
        return audit.record("tests.deed", Heartbeat(name="x"), actor=actor, at=now, **details)


@pytest.mark.django_db(transaction=True)
def test_deeds_are_chained_at_commit(now):
    for n in range(3):
        deed(now, n=n)

    assert list(AuditLink.objects.order_by("sequence").values_list("sequence", flat=True)) == [
        1,
        2,
        3,
    ]
    assert audit.verify_chain() == (3, None)


@pytest.mark.django_db(transaction=True)
def test_parallel_deeds_keep_one_unbroken_chain(now):
    at_once(*[lambda: [deed(now) for _ in range(10)]] * 6)

    assert audit.verify_chain() == (60, None)


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_rolls_back_leaves_no_link(now):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        deed(now)
        raise ZeroDivisionError

    assert AuditLink.objects.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tampering", "reason"),
    [
        ("UPDATE common_auditevent SET reason = 'x' WHERE id = {id}", "the event was altered"),
        (
            "DELETE FROM common_auditlink WHERE event_id = {id}",
            "a link is missing",
        ),
    ],
)
def test_tampering_behind_the_applications_back_is_named(now, as_superuser, tampering, reason):
    deed(now)
    victim = deed(now)
    deed(now)
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(tampering.format(id=victim.pk))
        cursor.execute("SET session_replication_role = DEFAULT")

    _, fault = audit.verify_chain()

    assert fault is not None
    assert fault.reason == reason


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("key", [-(2**63), 0, 2**62])
def test_an_event_that_was_slipped_in_is_found_wherever_it_stands(
    now, as_superuser, monkeypatch, batch, key
):
    monkeypatch.setattr("common.audit.BATCH", batch)
    for _ in range(3):
        deed(now)
    victim = AuditEvent.objects.latest("pk")
    columns = [field.column for field in AuditEvent._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    with as_superuser() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO common_auditevent (id, {names})"  # noqa: S608 - names of our own columns
            f" OVERRIDING SYSTEM VALUE SELECT {key}, {names} FROM common_auditevent"
            f" WHERE id = {victim.pk}"
        )
        cursor.execute("SET session_replication_role = DEFAULT")

    _, fault = audit.verify_chain()

    assert fault is not None
    assert (fault.event_id, fault.reason) == (key, "an event is not in the chain")


@pytest.mark.django_db(transaction=True)
def test_a_long_chain_is_walked_in_batches_and_tells_how_far_it_is(now, monkeypatch):
    monkeypatch.setattr("common.audit.BATCH", 2)
    for _ in range(5):
        deed(now)
    told = []

    with CaptureQueriesContext(connection) as asked:
        found = audit.verify_chain(lambda *words: told.append(words))

    assert found == (5, None)
    assert [words for words in told if words[0] == "Links"] == [
        ("Links", 2, 5), ("Links", 4, 5), ("Links", 5, 5)
    ]  # fmt: skip
    assert [words for words in told if words[0] == "Events"][-1] == ("Events", 5, None)
    assert all("LIMIT 2" in each["sql"] for each in asked if "common_audit_digest" in each["sql"])


@pytest.mark.django_db(transaction=True)
def test_a_deed_outside_a_transaction_is_refused(now):
    with pytest.raises(RuntimeError):
        audit.record("tests.deed", Heartbeat(name="x"), actor=None, at=now)


@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("windsock_app",)
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner ="
            " (SELECT oid FROM pg_roles WHERE rolname = 'windsock_app')"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
@pytest.mark.parametrize("table", append_only_tables())
@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE {table} SET {column} = {column}",
        "DELETE FROM {table}",
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TABLE {table}",
    ],
)
def test_the_application_role_cannot_touch_append_only_tables(table, attempt):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s LIMIT 1",
            [table],
        )
        (column,) = cursor.fetchone()

    with (
        pytest.raises((ProgrammingError, IntegrityError, InternalError)) as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attempt.format(table=table, column=column))

    assert refusal.value.__cause__.sqlstate == "42501"


@pytest.mark.django_db(transaction=True)
def test_no_moment_of_a_migration_lets_the_application_role_touch_them(as_superuser, monkeypatch):
    seen = []

    def look():
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT has_table_privilege('windsock_app', 'common_auditevent', 'UPDATE')"
                )
                seen.append(cursor.fetchone()[0])
        finally:
            other.close()
        return append_only_tables()

    monkeypatch.setattr("common.database.append_only_tables", look)

    with as_superuser():
        migrate.Command()._grant(connection)  # noqa: SLF001 - the step after the migrations

    assert seen == [False]


@pytest.mark.django_db
def test_the_application_role_cannot_switch_triggers_off():
    with (
        pytest.raises(ProgrammingError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET session_replication_role = replica")


@pytest.mark.django_db
def test_the_application_role_cannot_write_the_chain(now):
    event = AuditEvent.objects.create(
        action="x", subject_type="x", subject_id="1", subject_label="x", occurred_at=now
    )

    with pytest.raises(ProgrammingError), transaction.atomic():
        AuditLink.objects.create(sequence=99, event=event, previous_hash="", hash="")


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_is_refused_by_the_trigger(now, as_superuser):
    deed(now)

    with pytest.raises(IntegrityError), as_superuser() as cursor:
        cursor.execute("UPDATE common_auditevent SET reason = 'x'")


@pytest.mark.django_db
def test_rows_of_others_are_not_shown(now):
    mine, other = UserFactory(), UserFactory()
    deed(now, actor=mine)

    assert AuditEvent.objects.visible_to(mine).count() == 1
    assert AuditEvent.objects.visible_to(other).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("codename", ["view_role", "change_role"])
def test_deeds_of_no_operator_are_for_who_keeps_the_roles(now, codename):
    deed(now)
    keeper = UserFactory()
    grant(keeper, f"users.{codename}")

    seen = AuditEvent.objects.visible_to(keeper).count()

    assert seen == (1 if codename == "change_role" else 0)


@pytest.mark.django_db
def test_no_text_passes_for_the_border_between_two(now):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT common_audit_digest('', jsonb_populate_record("
            "  null::common_auditevent, jsonb_build_object('id', 1, 'action', action,"
            "  'subject_type', kind)))) FROM (VALUES (E'a\\x1fb', 'c'), ('a', E'b\\x1fc'))"
            " AS one (action, kind)"
        )
        assert cursor.fetchone() == (2,)
