"""A day before and after as a picture: a row for each aircraft, what holds above what is wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dispatcher.models import Assignment, DispatchSchedule
from dispatcher.views.proposal.clock import Clock
from dispatcher.views.proposal.lines import Line

WIDTH, LABEL, HEAD, ROW = 1200, 104, 24, 46
BEFORE, AFTER = (4, 12), (19, 22)
HOUR = timedelta(hours=1)
# A step of hours that leaves room for each label.
STEPS = (1, 2, 3, 6, 12)
MOST_TICKS = 16
MOST_ROWS = 80
# Below that a bar has no room for its number.
ROOM_FOR_TEXT, ROOM_FOR_LETTER = 92, 14
NARROWEST = 4.0
# What is drawn of a line, and whether that is wanted or holds.
Entry = tuple[Line, Assignment, bool]


@dataclass(frozen=True)
class Bar:
    """A flight, as it holds or as it is proposed; `road` is the time away around it."""

    kind: str
    letter: str
    text: str
    told: str
    x: float
    y: float
    width: float
    height: int
    road_x: float
    road_width: float

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2, 1)

    @property
    def baseline(self) -> float:
        return round(self.y + self.height / 2 + 4, 1)

    @property
    def text_x(self) -> float:
        return round(self.x + 5, 1)


@dataclass(frozen=True)
class Lane:
    """One aircraft's day."""

    name: str
    y: int
    bars: Sequence[Bar]

    @property
    def label_y(self) -> int:
        return self.y + 27


@dataclass
class Picture:
    """Everything that is drawn; a picture of nothing has no lanes."""

    height: int = 0
    lanes: list[Lane] = field(default_factory=list)
    ticks: list[tuple[float, str]] = field(default_factory=list)
    told: str = ""
    left_out: int = 0

    @property
    def bottom(self) -> int:
        return self.height - 1


def picture_of(schedule: DispatchSchedule, lines: Sequence[Line], clock: Clock) -> Picture:
    """Draw the lines of a day; aircraft with changes come first."""
    placed = [(line, row, is_after) for line in lines for row, is_after in _rows(line)]
    if not placed:
        return Picture()
    scale = _Scale(schedule, [row for _, row, _ in placed])
    by_aircraft: dict[str, list[Entry]] = {}
    for entry in placed:
        by_aircraft.setdefault(entry[1].aircraft.registration, []).append(entry)
    names = sorted(by_aircraft, key=lambda name: (_is_calm(by_aircraft[name]), name))
    lanes = []
    for turn, name in enumerate(names[:MOST_ROWS]):
        y = HEAD + turn * ROW
        bars = [_bar(entry, scale, y, clock) for entry in by_aircraft[name]]
        lanes.append(Lane(name, y, bars))
    return Picture(
        height=HEAD + len(lanes) * ROW + 2,
        lanes=lanes,
        ticks=list(scale.ticks(clock)),
        told=_told(lines),
        left_out=max(0, len(names) - MOST_ROWS),
    )


def _rows(line: Line) -> Iterable[tuple[Assignment, bool]]:
    """What is drawn of a line: the row that holds, and the one that is wanted."""
    if line.before is not None:
        yield line.before, False
    if line.row is not None:
        yield line.row, True


def _is_calm(entries: Iterable[Entry]) -> bool:
    return all(line.kind == "same" for line, _, _ in entries)


class _Scale:
    """From moments to places across the picture."""

    def __init__(self, schedule: DispatchSchedule, rows: Sequence[Assignment]) -> None:
        self.start = min([schedule.opens_at, *(row.occupied_from for row in rows)])
        self.end = max([schedule.closes_at, *(row.occupied_until for row in rows)])

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return round(LABEL + share * (WIDTH - LABEL), 1)

    def ticks(self, clock: Clock) -> Iterable[tuple[float, str]]:
        hours = (self.end - self.start) / HOUR
        step = next((each for each in STEPS if hours / each <= MOST_TICKS), STEPS[-1])
        local = self.start.astimezone(clock.zone).replace(minute=0, second=0, microsecond=0)
        # In UTC, so that a clock that is set back has its hour twice.
        tick = local.astimezone(self.start.tzinfo)
        while tick <= self.end:
            hour = tick.astimezone(clock.zone).hour
            if tick >= self.start and hour % step == 0 and self.x(tick) < WIDTH - 20:
                yield self.x(tick), clock.time(tick)
            tick += HOUR


def _bar(entry: Entry, scale: _Scale, y: int, clock: Clock) -> Bar:
    line, row, is_after = entry
    inset, height = AFTER if is_after else BEFORE
    start, end = scale.x(row.start_at), scale.x(row.end_at)
    width = max(NARROWEST, round(end - start, 1))
    road = scale.x(row.occupied_from), scale.x(row.occupied_until)
    text = line.operation.number if is_after and width >= ROOM_FOR_TEXT else ""
    when = clock.span(row.start_at, row.end_at)
    role = line.word if is_after else "Until now"
    return Bar(
        kind=line.kind if is_after else "was",
        letter=line.letter if is_after and width >= ROOM_FOR_LETTER else "",
        text=text,
        told=f"{role}: {line.operation.number}, {when}, {row.pilot.full_name}",
        x=start,
        y=y + inset,
        width=width,
        height=height,
        road_x=road[0],
        road_width=round(max(0.0, road[1] - road[0]), 1),
    )


def _told(lines: Sequence[Line]) -> str:
    counts = {
        word: sum(line.kind == kind for line in lines)
        for kind, word in (
            ("new", "new"),
            ("changed", "changed"),
            ("removed", "taken off"),
            ("flown", "flown or flying"),
            ("same", "as they are"),
        )
    }
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"The day by aircraft: {told}. The table below says the same."
