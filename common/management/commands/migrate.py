"""`migrate`, as the owner of the schema, followed by the grants of the application's role."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections, transaction
from environ import Env

from common.database import grant_to, role_exists
from common.fast_migrations import models_kept


class Command(migrate.Command):
    help = "Apply migrations as the schema's owner, then grant the application's role its rights."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's migrate as DATABASE_OWNER_URL's role, then grant."""
        connection = connections[options["database"]]
        before = {name: connection.settings_dict.get(name) for name in ("USER", "PASSWORD")}
        if settings.DATABASE_OWNER_URL and not self._is_superuser(connection):
            owner = Env.db_url_config(settings.DATABASE_OWNER_URL)
            self._reconnect(connection, {name: owner.get(name, "") for name in before})
        try:
            with models_kept():
                super().handle(*args, **options)
            self._grant(connection)
        finally:
            self._reconnect(connection, before)

    def _is_superuser(self, connection: Any) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool(cursor.fetchone()[0])

    def _reconnect(self, connection: Any, credentials: dict[str, Any]) -> None:
        if any(connection.settings_dict.get(name) != value for name, value in credentials.items()):
            connection.close()
            # Pooled connections keep the role they were opened with.
            connection.close_pool()
            connection.settings_dict.update(credentials)

    def _grant(self, connection: Any) -> None:
        role = settings.DATABASE_APP_ROLE
        # Whole or not at all: rights on every table are given first, some taken back afterwards.
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if not role_exists(cursor, role):
                raise CommandError(
                    f"The database has no role {role}. Create it, or name another in"
                    " DATABASE_APP_ROLE."
                )
            cursor.execute("SELECT to_regclass('common_auditlink') IS NOT NULL")
            if cursor.fetchone()[0]:
                grant_to(cursor, role, quote=connection.ops.quote_name)
