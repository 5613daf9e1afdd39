"""One client as the services make it, to be multiplied, and who may look past the guards."""

# ruff: noqa: S608 - the statements are made of names of our own tables alone

import os
from typing import Any


def begin_after_earlier_runs() -> None:
    """Let the factories count on from what a kept database holds."""
    from factory.django import DjangoModelFactory  # noqa: PLC0415 - needs Django

    from tests.client_management import scene  # noqa: F401, PLC0415 - brings the factories
    from users.models import User  # noqa: PLC0415

    first = 10 * User.objects.count()
    for factory in DjangoModelFactory.__subclasses__():
        factory.reset_sequence(first, force=True)


def owner() -> Any:
    """A cursor of the owner of the tables, who may look past their guards."""
    from contextlib import contextmanager  # noqa: PLC0415

    import psycopg  # noqa: PLC0415 - needs the environment

    @contextmanager
    def opened() -> Any:
        # Whichever of the two made the tables: installations differ.
        for name in ("DATABASE_OWNER_URL", "DATABASE_URL"):
            url = os.environ[name].replace("postgis://", "postgresql://", 1)
            with psycopg.connect(url) as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_has_role(tableowner, 'USAGE') FROM pg_tables WHERE tablename = %s",
                    ["client_management_joborder"],
                )
                if cursor.fetchone() == (True,):
                    cursor.execute("SET statement_timeout = 0")
                    yield cursor
                    return
        raise SystemExit("neither role of the environment owns the tables")

    return opened()


def template() -> dict[str, int]:
    """One client with a request, an offer, a job, a bill and an operation, by the services."""
    from datetime import timedelta  # noqa: PLC0415
    from decimal import Decimal  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from client_management.services import planning  # noqa: PLC0415
    from finance.services.drafts import OwnLine, draft_by_hand  # noqa: PLC0415
    from finance.services.issuing import issue  # noqa: PLC0415
    from tests.client_management import scene  # noqa: PLC0415
    from tests.users.factories import UserFactory  # noqa: PLC0415

    at, actor = timezone.now(), UserFactory()
    organization = scene.client(actor, at)
    scene.contract(actor, at, organization)
    job = scene.job(organization, actor, at)
    line = OwnLine(description="Flying", quantity=Decimal(1), unit_price=Decimal("417.35"))
    draft = draft_by_hand(
        customer=organization.contact, currency="AUD", lines=[line], actor=actor, at=at
    )
    invoice = issue(draft, actor=actor, at=at)
    added = planning.plan_job_operations(
        job, team=scene.fleet(), start_at=at + timedelta(days=8), actor=actor, at=at
    )
    return {
        "contact": organization.contact_id,
        "organization": organization.pk,
        "request": job.request_id,
        "quote": job.quote_id,
        "job": job.pk,
        "operation": added[0].operation_id,
        "link": added[0].pk,
        "invoice": invoice.pk,
    }


def copies(
    cursor: Any, table: str, template_id: int, count: int, *, join: str = "", **other: str
) -> None:
    """Add copies of one row; `g.n` counts them, and each has the key of the template plus that."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND is_generated = 'NEVER' ORDER BY ordinal_position",
        [table],
    )
    columns = [name for (name,) in cursor.fetchall()]
    values = [{"id": "src.id + g.n", **other}.get(c, f"src.{c}") for c in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {table} src"
        f" CROSS JOIN generate_series(1, {count}) AS g (n) {join} WHERE src.id = {template_id}"
    )
