"""
What the rules' objections mean for a plan: windows that hold for everybody, and exclusions. Pure.

A plan knows one set of windows per operation, so an objection to one aircraft at some hours leaves
a choice: without that aircraft all day, or with it at the other hours only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dispatcher.keys import aircraft_key, pilot_key
from dispatcher.planning.model import Exclusion


class Objection(Protocol):
    """A red answer and for whom it holds; None means for every one that was asked about."""

    @property
    def rule(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def fix(self) -> str: ...
    @property
    def starts(self) -> frozenset[datetime] | None: ...
    @property
    def aircraft(self) -> frozenset[int] | None: ...
    @property
    def pilots(self) -> frozenset[int] | None: ...


# Under which head a rule narrows the hours; every other rule does so by its own code.
HEADS: Mapping[str, str] = {
    "CASR-101.238-DAY": "daylight",
    "NIGHT": "daylight",
    "CASR-101.095-VMC": "weather",
    "CASR-101.238-PROHIB": "airspace",
    "CASR-101.238-RA3": "airspace",
    "CASR-101.238-RA12": "airspace",
    "APP-R405": "airspace",
    "CASR-101.238-DANGER": "airspace",
    "CASR-101.238-MOA": "airspace",
}


def head_of(rule: str) -> str:
    """Daylight, weather, airspace, or the rule itself."""
    return HEADS.get(rule, "weather" if rule.startswith("WXD-") else rule)


@dataclass
class Permitted:
    """For one operation: the starts refused to everybody, by head, and who is excluded."""

    refused: dict[str, set[datetime]] = field(default_factory=dict)
    exclusions: list[Exclusion] = field(default_factory=list)


def permitted(
    task: str,
    found: Sequence[Objection],
    *,
    starts: Sequence[datetime],
    aircraft: Sequence[int],
    pilots: Sequence[int],
    wanted: Collection[datetime] = (),
) -> Permitted:
    """
    Turn objections to one operation into windows for all and exclusions of some.

    `wanted` are the starts that everybody agrees to as things are: whoever may at most of these
    counts. What holds at the others matters once somebody agrees to another time.
    """
    answer = Permitted()
    wanted = set(wanted) or set(starts)
    for each in found:
        if each.aircraft is None and each.pilots is None:
            _refuse(answer, task, each, starts)
        elif each.starts is None or set(starts) <= each.starts:
            answer.exclusions += _exclusions(task, each)
    timed = [
        each
        for each in found
        if (each.aircraft is not None or each.pilots is not None)
        and each.starts is not None
        and not set(starts) <= each.starts
    ]
    for each in timed:
        if each.aircraft is not None and each.pilots is not None:
            _settle_pair(answer, task, each, wanted)
    for side, keys in (("aircraft", aircraft), ("pilots", pilots)):
        mine = _only(timed, side)
        _settle(answer, task, mine, starts=starts, wanted=wanted, keys=keys, side=side)
    return answer


def _settle_pair(
    answer: Permitted, task: str, objection: Objection, wanted: Collection[datetime]
) -> None:
    """Two who may not together at some hours: not at all, unless nobody wants those hours."""
    refused = objection.starts or frozenset()
    if refused & set(wanted):
        answer.exclusions += _exclusions(task, objection)
    else:
        answer.refused.setdefault(head_of(objection.rule), set()).update(refused)


def _refuse(answer: Permitted, task: str, objection: Objection, starts: Sequence[datetime]) -> None:
    if objection.starts is None:
        answer.exclusions.append(Exclusion(objection.rule, objection.message, task=task))
    else:
        answer.refused.setdefault(head_of(objection.rule), set()).update(objection.starts)


def _exclusions(task: str, objection: Objection) -> list[Exclusion]:
    return [
        Exclusion(
            objection.rule,
            objection.message,
            task=task,
            aircraft=None if aircraft is None else aircraft_key(aircraft),
            pilot=None if pilot is None else pilot_key(pilot),
        )
        for aircraft in _each(objection.aircraft)
        for pilot in _each(objection.pilots)
    ]


def _each(keys: frozenset[int] | None) -> list[int] | list[None]:
    return [None] if keys is None else sorted(keys)


def _settle(
    answer: Permitted,
    task: str,
    timed: Sequence[Objection],
    *,
    starts: Sequence[datetime],
    wanted: Collection[datetime],
    keys: Sequence[int],
    side: str,
) -> None:
    """
    Choose the hours that serve best when some may not at some hours.

    Those of whoever may at most of the wanted hours: the others that may not at all of these are
    excluded, and of what is left the hours count at which all who stay may.
    """
    if not timed:
        return
    general = set().union(*answer.refused.values())
    out = {_named(each, side) for each in answer.exclusions}
    hours = {
        key: _hours(key, timed, starts, general, side) for key in keys if _key(key, side) not in out
    }
    if not hours:
        return
    best = max(
        sorted(hours), key=lambda key: (len(hours[key] & set(wanted)), len(hours[key]), -key)
    )
    core = hours[best] & set(wanted) or hours[best]
    staying = {key for key, mine in hours.items() if core <= mine}
    chosen = set.intersection(*(hours[key] for key in staying))
    for each in timed:
        mine = _keys(each, side) & hours.keys()
        refused = (each.starts or frozenset()) - general - chosen
        if refused and mine & staying:
            answer.refused.setdefault(head_of(each.rule), set()).update(refused)
        answer.exclusions += [_one(task, each, key, side) for key in sorted(mine - staying)]


def _hours(
    key: int,
    timed: Iterable[Objection],
    starts: Sequence[datetime],
    general: Collection[datetime],
    side: str,
) -> set[datetime]:
    left = set(starts) - set(general)
    for each in timed:
        if key in _keys(each, side):
            left -= each.starts or frozenset()
    return left


def _only(timed: Iterable[Objection], side: str) -> list[Objection]:
    """Those that concern aircraft alone, or pilots alone."""
    if side == "aircraft":
        return [each for each in timed if each.pilots is None]
    return [each for each in timed if each.aircraft is None]


def _keys(objection: Objection, side: str) -> frozenset[int]:
    found = objection.aircraft if side == "aircraft" else objection.pilots
    return found or frozenset()


def _named(exclusion: Exclusion, side: str) -> str | None:
    """Whom an exclusion leaves out entirely; one of a pair leaves nobody out."""
    if side == "aircraft":
        return exclusion.aircraft if exclusion.pilot is None else None
    return exclusion.pilot if exclusion.aircraft is None else None


def _one(task: str, objection: Objection, key: int, side: str) -> Exclusion:
    named = {side.removesuffix("s"): _key(key, side)}
    return Exclusion(objection.rule, objection.message, task=task, **named)


def _key(pk: int, side: str) -> str:
    return aircraft_key(pk) if side == "aircraft" else pilot_key(pk)
