"""
What the database itself guards: append-only tables, and a role that owns nothing.

Migrations run as the owner. The application connects as DATABASE_APP_ROLE, which may read and
write rows, may not touch what is append-only, and cannot switch a trigger off.
"""

from typing import Any

import pghistory.models
from django.apps import apps
from django.db import migrations, models

_REFUSE = """
CREATE OR REPLACE FUNCTION common_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """A migration operation: refuse UPDATE, DELETE and TRUNCATE on a table (SQLSTATE 23001)."""
    return migrations.RunSQL(
        f"""
        {_REFUSE}
        CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION common_refuse_change();
        CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION common_refuse_change();
        """,
        f"""
        DROP TRIGGER append_only_rows ON {table};
        DROP TRIGGER append_only_table ON {table};
        """,
    )


def is_append_only(model: type[models.Model]) -> bool:
    """Say whether rows of this model may only be added (`IS_APPEND_ONLY`, or row history)."""
    return getattr(model, "IS_APPEND_ONLY", False) or issubclass(model, pghistory.models.Event)


def append_only_tables() -> list[str]:
    """The tables of all append-only models, in order."""
    return sorted(m._meta.db_table for m in apps.get_models() if is_append_only(m))


def role_exists(cursor: Any, role: str) -> bool:
    """Say whether the cluster has this role."""
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    return cursor.fetchone() is not None


def grant_to(cursor: Any, role: str, *, quote: Any) -> None:
    """Give the application's role what it needs on every table, and no more."""
    name = quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}",
        f"REVOKE UPDATE, DELETE ON django_migrations FROM {name}",
        f"REVOKE INSERT ON common_auditlink, django_migrations FROM {name}",
    ):
        cursor.execute(statement)
    present = set(_tables(cursor))
    for table in append_only_tables():
        if table in present:
            cursor.execute(f"REVOKE UPDATE, DELETE ON {quote(table)} FROM {name}")


def _tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
    return [row[0] for row in cursor.fetchall()]
