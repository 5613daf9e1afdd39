"""Operations control of helicopter ambulance flights: one row for each answer."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from operations.facts.control import ControlFacts, DutySpan
from tests.operations.gate.gate_case import OK, RED, SILENT, Case, unknown
from tests.operations.gate.green import GREEN, HELICOPTER, OUT, heli

HOUR = timedelta(hours=1)


def span(start_h: float, hours: float, *, control: bool = True, at: datetime = OUT) -> DutySpan:
    """A duty that begins so many hours after off blocks of the first leg."""
    start = at + start_h * HOUR
    return DutySpan(start_at=start, end_at=start + hours * HOUR, is_control=control)


def week_of(*duties: DutySpan, day: float = 8.0) -> tuple[DutySpan, ...]:
    """A control duty on each of the seven days before, with 16 hours between, and these."""
    return (*(span(-24 * n - 2, day) for n in range(7, 0, -1)), *duties)


def controlled(*duties: DutySpan, fleet: int = 12, **more: Any) -> Any:
    control = ControlFacts(helicopters=fleet, specialist_id=9, specialist="Lee", duties=duties)
    return replace(heli(), control=control, **more)


def nobody(fleet: int, **more: Any) -> Any:
    return replace(heli(), control=ControlFacts(helicopters=fleet), **more)


CODE = "FAR-135.619-OCS"
ON_DUTY = span(-2, 10)
CASES = [
    Case(CODE, controlled(ON_DUTY), OK),
    Case(CODE, controlled(ON_DUTY, fleet=1), OK),
    # Ten hours on end; one minute more is too long, however many duties it is made of.
    Case(CODE, controlled(span(-2, 10 + 1 / 60)), RED),
    Case(CODE, controlled(span(-2, 6), span(4, 4)), OK),
    Case(CODE, controlled(span(-2, 6), span(4, 4 + 1 / 60)), RED),
    Case(CODE, controlled(span(-6, 4, control=False), span(-2, 8)), RED),
    # Eight hours of rest before it, from whatever duty.
    Case(CODE, controlled(span(-14, 4), ON_DUTY), OK),
    Case(CODE, controlled(span(-14, 4 + 1 / 60), ON_DUTY), RED),
    Case(CODE, controlled(span(-14, 4 + 1 / 60, control=False), ON_DUTY), RED),
    # What comes after it is rest before another.
    Case(CODE, controlled(ON_DUTY, span(9, 4)), OK),
    # A day off in the seven days to its end.
    Case(CODE, controlled(*week_of(ON_DUTY)), RED),
    Case(CODE, controlled(*week_of(ON_DUTY)[1:]), RED),
    Case(CODE, controlled(*week_of(ON_DUTY)[2:]), OK),
    Case(CODE, controlled(*(d for d in week_of(ON_DUTY) if d != span(-74, 8))), OK),
    # On control duty as the flight leaves: from its start, no longer at its end.
    Case(CODE, controlled(span(0, 8)), OK),
    unknown(CODE, controlled(span(-8, 8))),
    unknown(CODE, controlled(span(-2, 10, control=False))),
    unknown(CODE, controlled()),
    unknown(CODE, controlled(fleet=1)),
    # Ten helicopters need somebody, nine do not.
    unknown(CODE, nobody(10)),
    Case(CODE, nobody(9), OK),
    unknown(CODE, heli()),
    # Never asked of other trips.
    Case(CODE, replace(GREEN, control=ControlFacts(helicopters=12)), SILENT),
    Case(CODE, nobody(12, kind="charter", legs=(), crew=()), SILENT),
    Case(
        CODE,
        replace(
            nobody(12, kind="charter"),
            cabin=HELICOPTER,
            legs=tuple(replace(leg, has_patient=False) for leg in GREEN.legs),
        ),
        SILENT,
    ),
]
