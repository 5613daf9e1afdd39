"""Readers for flight logs of other systems: pure, streaming, never trusting the file."""

from flight_operations.logs.reader import read_log
from flight_operations.logs.reading import LogFormat, LogReading, LogRefused, RejectedRow

__all__ = ["LogFormat", "LogReading", "LogRefused", "RejectedRow", "read_log"]
