"""
What the commands of script/manage have in common: a result on standard output, progress beside it.

A command ends with 0 when it did what it is for, with 1 when that failed or something is wrong, and
with 2 when it was asked for wrongly.
"""

import json
import signal
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, TextIO

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError

EXIT_CODES = "Exit status: 0: done and in order; 1: failed, or found a fault; 2: asked for wrongly."
BAR = 24
# Where lines stay, as in a log, one in a while is enough.
LINE_EVERY_S = 5.0
REDRAW_EVERY_S = 0.1


class Misuse(CommandError):
    """A command was asked for wrongly: nothing was done, exit 2."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=2)


def local_day(text: str) -> date:
    """A day as an argument gives it; argparse shows the words of this error and no others."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day: write it as 2026-06-04.") from None


def open_account(email: str) -> Any:
    """The account that a command acts for. Raises Misuse where none is open under this address."""
    found = get_user_model()._default_manager.filter(email=email.lower(), is_active=True).first()
    if found is None:
        raise Misuse(f"There is no open account {email}.")
    return found


class Console:
    """
    How far a command is: a bar with rate and time left on a terminal, plain lines anywhere else.

    Writes to standard error, so that standard output holds the result and nothing else.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        is_quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._is_quiet, self._clock = stream, is_quiet, clock
        self._is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._what, self._began, self._shown, self._first = "", 0.0, 0.0, 0
        self._width = 0

    def say(self, text: str) -> None:
        """One line."""
        if not self._is_quiet:
            self._leave_bar()
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def show(self, what: str, done: int, total: int | None = None) -> None:
        """How much of something is done; the rate counts from the first call of the same `what`."""
        if self._is_quiet:
            return
        now = self._clock()
        if what != self._what:
            self._leave_bar()
            self._what, self._began, self._first = what, now, done
            self._shown = now - LINE_EVERY_S if self._is_terminal else now
        is_last = total is not None and done >= total
        every = REDRAW_EVERY_S if self._is_terminal else LINE_EVERY_S
        if is_last or now - self._shown >= every:
            self._shown = now
            self._write(self._line(done, total, now))
        if is_last:
            self._leave_bar()
            self._what = ""

    def end(self) -> None:
        """Leave the bar behind."""
        self._leave_bar()
        self._what = ""

    def _line(self, done: int, total: int | None, now: float) -> str:
        passed = now - self._began
        rate = (done - self._first) / passed if passed > 0 else 0.0
        if not total:
            return f"{self._what}: {done:,}{f', {rate:,.0f}/s' if rate else ''}"
        share = min(done / total, 1.0)
        text = f"{100 * share:3.0f} %  {done:,} of {total:,}"
        if rate:
            text += f"  {rate:,.0f}/s" if rate >= 10 else f"  {rate:.1f}/s"
            text += f"  {_duration((total - done) / rate)} left" if done < total else ""
        if not self._is_terminal:
            return f"{self._what}: {text.strip()}"
        filled = round(BAR * share)
        return f"{self._what} [{'#' * filled}{'.' * (BAR - filled)}] {text}"

    def _write(self, line: str) -> None:
        if self._is_terminal:
            self._stream.write(f"\r{line.ljust(self._width)}")
            self._width = len(line)
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def _leave_bar(self) -> None:
        if self._width:
            self._stream.write("\n")
            self._width = 0


def is_no_text(argument: str) -> bool:
    """Whether bytes of it are no UTF-8: no record is called so, and the database takes none."""
    return any("\ud800" <= character <= "\udfff" for character in argument)


@contextmanager
def tidy_when_terminated() -> Iterator[None]:
    """Let SIGTERM end what is within as an exception, so that nothing half done is left."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _duration(seconds: float) -> str:
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


class ConsoleCommand(BaseCommand):
    """
    A command of ours: `--json` prints one document and nothing else on standard output.

    `has_json` False: nobody's program reads its result. `has_progress`: it may take long, and says
    meanwhile how far it is, unless `--quiet`.
    """

    has_json = True
    has_progress = False
    console: Console

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add what all commands take, and say what their exit status means."""
        kwargs.setdefault("epilog", EXIT_CODES)
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if self.has_json:
            parser.add_argument(
                "--json", action="store_true", help="Print the result as one JSON document."
            )
        if self.has_progress:
            parser.add_argument("--quiet", action="store_true", help="Print no progress.")
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse what is no text, and end a command that is stopped without a trace of calls."""
        if any(is_no_text(each) for each in argv):
            self.stderr.write("Misuse: an argument is not written in UTF-8.")
            sys.exit(2)
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            self.stderr.write("Stopped before it was done.")
            sys.exit(1)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Open the console, and leave no bar half drawn whatever happens."""
        stream = options.get("stderr") or sys.stderr
        self.console = Console(stream, is_quiet=bool(options.get("quiet")))
        try:
            return super().execute(*args, **options)
        except (OperationalError, InterfaceError) as error:
            raise CommandError(
                f"The database did not do it: {' '.join(str(error).split())}"
                " What to do says: script/manage doctor"
            ) from error
        finally:
            self.console.end()

    def answer(self, options: dict[str, Any], document: Any, lines: Iterable[str]) -> None:
        """Print the result: the document where `--json` asks for it, the lines otherwise."""
        self.console.end()
        if options["json"]:
            self.stdout.write(json.dumps(document, indent=2, default=str))
            return
        for line in lines:
            self.stdout.write(line)
