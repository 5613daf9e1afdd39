"""Imports one log file into a new flight and prints rows stored and peak memory in kB."""

import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

django.setup()

from django.core.files import File  # noqa: E402

from benchmarks.flights import make_flight  # noqa: E402
from flight_operations.services.log_imports import queue_import, run_import  # noqa: E402


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the benchmark's own clock


def main() -> None:
    path = Path(sys.argv[1])
    flight = make_flight(f"m{int(now().timestamp() * 10) % 1_000_000_000:09}", at=now())
    flight.operation.actual_start_at = now() - timedelta(hours=41)
    flight.operation.save()
    with path.open("rb") as file:
        made = queue_import(
            flight.operation, File(file, name=path.name),
            actor=flight.operation.pilot_in_command, at=now(),
        )  # fmt: skip
    made = run_import(made, clock=now)
    made.file.delete(save=False)
    print(made.accepted_count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main()
