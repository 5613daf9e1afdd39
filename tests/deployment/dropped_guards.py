"""Faults for the doctor to find: what guards the tables is dropped behind its back."""

from typing import Any

from django.utils import timezone

from tests.flush import as_superuser


def in_superusers_hands(statement: str) -> None:
    with as_superuser() as cursor:
        cursor.execute(statement)


def trigger_dropped(ground: Any) -> None:
    in_superusers_hands("DROP TRIGGER append_only_rows ON common_auditevent")


def history_dropped(ground: Any) -> None:
    in_superusers_hands(
        "DO $$ DECLARE name text; BEGIN"
        " SELECT tgname INTO name FROM pg_trigger WHERE tgrelid = 'users_user'::regclass"
        " AND tgname LIKE 'pgtrigger_update_update%'; "
        " EXECUTE format('DROP TRIGGER %I ON users_user', name); END $$"
    )


def policy_dropped(ground: Any) -> None:
    in_superusers_hands("DROP POLICY client_rows ON client_management_joborder")


def policy_off(ground: Any) -> None:
    in_superusers_hands("ALTER TABLE client_management_joborder DISABLE ROW LEVEL SECURITY")


def partition_bare(ground: Any) -> None:
    day = timezone.now().date()
    in_superusers_hands(f"DROP TRIGGER append_only_table ON telemetry.log_{day:%Y%m%d}")


def constraint_dropped(ground: Any) -> None:
    in_superusers_hands("ALTER TABLE rpas_rpasoperator DROP CONSTRAINT operator_arn_is_named")
