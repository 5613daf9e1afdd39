"""Why somebody does an operation, and why nobody does, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatcher.models import DispatchSchedule
from dispatcher.queries.relaxed import CENTER, Act, Left, act_for, changes_of
from dispatcher.views.proposal.clock import Clock

WINDOWS = {
    "client": "The client's hours",
    "promised": "The time that was promised",
    "hours": "The center's hours",
    "crew": "The other crew's hours",
}
SIDES = {"earlier": "open {} min earlier", "later": "close {} min later"}
MOST_NAMES = 12


def why_of(why: Mapping[str, Any], clock: Clock) -> Iterator[tuple[str, str]]:
    """What the engine keeps of an assignment, as pairs of a heading and words."""
    if why.get("by_hand"):
        yield "By hand", why.get("accepted_because") or "Nothing red was in the way."
    if why.get("followed"):
        yield "Followed", why["followed"]
    if why.get("run") and why.get("is_pinned"):
        yield "Pinned", "It was not to be moved."
    elif why.get("run"):
        yield from _by_run(why, clock)


def _by_run(why: Mapping[str, Any], clock: Clock) -> Iterator[tuple[str, str]]:
    """What these two add to the day, beside the others and what keeps them from it."""
    if why.get("compared") == "not_in_time":
        yield "Next best", "Not looked for: the time for explaining was over."
    else:
        cost = _minutes(why["cost"])
        yield "Adds to the day", f"{cost}, of which {why['travel_min']:g} min there"
        others = [_other(each, why["cost"], clock) for each in why["others"]]
        yield "Next best", "; ".join(others) or "Nobody else can do it beside their other work."
    needs = [*why["capabilities"], *why["qualifications"]]
    told = {
        "Others": "; ".join(each["message"] for each in why["kept_from_it"]),
        "Aircraft that a rule keeps from it": _names(why["excluded_aircraft"]),
        "Pilots that a rule keeps from it": _names(why["excluded_pilots"]),
        "Needs": _names(needs),
    }
    yield from ((head, words) for head, words in told.items() if words)


def _other(each: Mapping[str, Any], cost: int, clock: Clock) -> str:
    start = clock.read(each["start_at"])
    more = each["cost"] - cost
    dearer = f"{_minutes(abs(more))} {'dearer' if more >= 0 else 'cheaper, but for the order'}"
    when = clock(start) if start else "?"
    return f"{each['aircraft']} with {each['pilot_name']} at {when}, {dearer}"


def _minutes(cost_s: int) -> str:
    return f"{round(cost_s / 60)} min"


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Way:
    """A change of the facts that would serve an operation, and what to send to make it true."""

    text: str
    needs: Sequence[str]
    whose: str
    place: str
    act: Act | None
    does: str = ""

    @property
    def is_part(self) -> bool:
        return "." in self.place


@dataclass(frozen=True)
class LeftBehind:
    """An operation with nobody: why, and the ways out."""

    number: str
    title: str
    reasons: Sequence[Mapping[str, Any]]
    ways: Sequence[Way]
    looked: str = "fully"


def left_behind_of(
    schedule: DispatchSchedule, left: Iterable[Left], clock: Clock, may: Mapping[str, bool]
) -> list[LeftBehind]:
    """The operations left behind; only what the caller may do is offered."""
    return [
        LeftBehind(
            number=each.entry["operation"],
            title=each.operation.title if each.operation else "",
            reasons=each.entry["reasons"],
            ways=[
                _way(place, change, _allowed(act_for(schedule, each, change), may), clock)
                for place, change in changes_of(each.entry)
            ],
            looked=each.entry.get("looked_for", "fully"),
        )
        for each in left
    ]


def _allowed(act: Act | None, may: Mapping[str, bool]) -> Act | None:
    return act if act is not None and may[act.of] else None


def _way(place: str, change: Mapping[str, Any], act: Act | None, clock: Clock) -> Way:
    is_window = change["kind"] == "window"
    return Way(
        text=_window(change) if is_window else change["message"].partition(", if ")[0],
        needs=[*_who(change), *_moves(change, clock)],
        whose="" if change["is_own"] else "Not ours to decide",
        place=place,
        act=act,
        does=_does(act, change, clock) if act else "",
    )


def _window(change: Mapping[str, Any]) -> str:
    names = [WINDOWS.get(name, f"What {name} allows") for name in change["names"]]
    side = SIDES.get(change["details"].get("side", ""), "be {} min wider")
    return f"{' and '.join(names)} would have to {side.format(change['minutes'])}"


def _who(change: Mapping[str, Any]) -> list[str]:
    if change["kind"] in ("concurrent", "several") or not change["resources"]:
        return []
    return [f"then with {' and '.join(change['resources'])}"]


def _moves(change: Mapping[str, Any], clock: Clock) -> list[str]:
    moves = (
        (each["task"], clock.read(each["start"])) for each in change["details"].get("moves", ())
    )
    return [f"{task} would begin at {clock(start)}" for task, start in moves if start]


def _does(act: Act, change: Mapping[str, Any], clock: Clock) -> str:
    """What the button does, to the minute."""
    if act.of == CENTER:
        return f"Allow {act.changes['max_concurrent_operations']} at once"
    head = "Client agrees" if list(change["names"]) == ["client"] else "Promise anew"
    told = {
        "earliest_at": "not before {}",
        "deadline_at": "done by {}",
        "promised_at": "{}",
    }
    parts = [
        words.format(clock(act.changes[name]))
        for name, words in told.items()
        if name in act.changes
    ]
    if "windows" in act.changes:
        parts.insert(0, ", ".join(clock.span(w.lower, w.upper) for w in act.changes["windows"]))
    return f"{head}: {', '.join(parts)}"
