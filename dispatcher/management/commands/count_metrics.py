"""`count_metrics`: count the figures of days anew, from what is on record now."""

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError
from django.utils import timezone

from common.console import ConsoleCommand, Misuse, local_day
from dispatcher.models import DispatchCenter
from dispatcher.services.metrics import count_day

MOST_DAYS = 366


class Command(ConsoleCommand):
    has_progress = True
    help = (
        "Count the operational metrics of whole local days anew, five-minute buckets and days, from"
        " what is on record now: for days that were not counted at the time, and after something"
        " was written down late. Counting again gives the same rows. A day of a center is one"
        " transaction: cut off, what is done is done, and asked again it begins anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=local_day, required=True, help="First local day, such as 2026-06-04."
        )
        parser.add_argument(
            "--until",
            type=local_day,
            help="The day before which it ends; by default each center's today is the last.",
        )
        parser.add_argument(
            "--center", help="Code of one center, such as SYD-N; all that are active by default."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        centers = _centers(options["center"])
        days = [
            (center, day)
            for center in centers
            for day in _days(center, options["since"], options["until"])
        ]
        if not days:
            raise Misuse("There is no day between --since and --until that has begun.")
        written = 0
        for done, (center, day) in enumerate(days, start=1):
            written += count_day(center, day, at=timezone.now())
            self.console.show("Days", done, len(days))
        counted = sorted({day for _, day in days})
        found = {
            "centers": [center.code for center in centers],
            "first": counted[0],
            "last": counted[-1],
            "days": len(days),
            "rows": written,
        }
        names = ", ".join(center.code for center in centers)
        line = (
            f"Counted {counted[0]} to {counted[-1]} of {names}. Days: {len(days)}, rows: {written}."
        )
        self.answer(options, found, [line])


def _centers(code: str | None) -> list[DispatchCenter]:
    rows = DispatchCenter.objects.select_related("operator").order_by("pk")
    if code is None:
        found = list(rows.filter(is_active=True))
        if not found:
            raise CommandError("No center is active: nothing was counted.")
        return found
    one = rows.filter(code=code).first()
    if one is None:
        raise Misuse(f"There is no center {code}.")
    return [one]


def _days(center: DispatchCenter, since: date, until: date | None) -> list[date]:
    """The local days asked for that have begun at a center."""
    today = timezone.now().astimezone(ZoneInfo(center.timezone)).date()
    end = min(until or date.max, today + timedelta(days=1))
    if (end - since).days > MOST_DAYS:
        raise Misuse(f"--since to --until is at most {MOST_DAYS} days.")
    return [since + timedelta(days=n) for n in range((end - since).days)]
