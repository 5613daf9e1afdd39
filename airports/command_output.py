"""What the commands of this app print: progress on a terminal, a report as text or JSON."""

import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

MOST_SHOWN = 20


def progress_to(stream: TextIO) -> Callable[[str, int], None]:
    """A progress line that rewrites itself on a terminal, and nothing anywhere else."""

    def tell(what: str, count: int) -> None:
        if stream.isatty():
            stream.write(f"\r{what}: {count:,} rows read ")
            stream.flush()

    return tell


def as_json(report: Any) -> str:
    return json.dumps(report, indent=2, default=str)


def end_line(stream: TextIO = sys.stderr) -> None:
    """Leave the progress line behind."""
    if stream.isatty():
        stream.write("\n")
