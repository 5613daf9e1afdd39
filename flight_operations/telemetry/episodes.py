"""Folds broken limits, position by position, into alerts with a start and an end."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from flight_operations.telemetry.conformance import Finding
from flight_operations.telemetry.limits import AlertKind
from flight_operations.telemetry.samples import MICROSECONDS, Integers, Samples

HYSTERESIS_US = 5 * MICROSECONDS
SILENCE_US = 15 * MICROSECONDS


@dataclass(slots=True)
class Episode:
    """
    One limit broken from `started_us` to `ended_us`; open while that is None.

    `last_us` is the last position that broke it. `clear_since_us` is the first position since
    then that kept it: the episode ends there once it has been kept long enough. `key` is whatever
    the caller knows a stored episode by.
    """

    kind: AlertKind
    reference: str
    started_us: int
    last_us: int
    worst: float
    worst_us: int
    lat: float
    lon: float
    count: int = 1
    limit: float | None = None
    clear_since_us: int | None = None
    ended_us: int | None = None
    key: int | None = None

    @property
    def is_open(self) -> bool:
        return self.ended_us is None

    def absorb(self, other: "Episode") -> None:
        """Take in an episode of the same limit; an open one stays open."""
        if other.worst > self.worst:
            self.worst, self.worst_us = other.worst, other.worst_us
            self.lat, self.lon = other.lat, other.lon
        self.started_us = min(self.started_us, other.started_us)
        self.last_us = max(self.last_us, other.last_us)
        self.count += other.count
        if self.ended_us is not None:
            self.ended_us = max(self.ended_us, other.ended_us or other.last_us)


@dataclass(slots=True)
class Ledger:
    """
    The episodes of one flight while a batch is folded in.

    Give it the stored episodes that are open, and, when the batch has positions older than the
    newest already folded, those that lie near them. `touched` are those to store. How a flight is
    cut into batches does not matter. Late positions widen or add episodes, never close one.
    """

    episodes: list[Episode] = field(default_factory=list)
    hysteresis_us: int = HYSTERESIS_US
    touched: list[Episode] = field(default_factory=list)

    def fold(self, samples: Samples, findings: Iterable[Finding], *, newest_us: int | None) -> None:
        """
        Fold in the believed positions of a batch, in time order, and what `check` found in them.

        `newest_us` is the newest position folded before.
        """
        late = (
            0
            if newest_us is None
            else int(np.searchsorted(samples.recorded_us, newest_us, "right"))
        )
        broken = {(finding.kind, finding.reference): finding for finding in findings}
        for finding in broken.values():
            if late and finding.mask[:late].any():
                self._fold_late(samples, finding, late)
        if late == len(samples):
            return
        fresh = samples.take(slice(late, None))
        for finding in broken.values():
            self._fold_fresh(fresh, _tail(finding, late))
        for episode in [e for e in self.episodes if e.is_open]:
            if (episode.kind, episode.reference) not in broken:
                self._settle(episode, fresh.recorded_us, -1)

    def _touch(self, episode: Episode) -> None:
        if not any(episode is other for other in self.touched):
            self.touched.append(episode)

    def _open(self, finding: Finding) -> Episode | None:
        same = (
            e for e in self.episodes
            if e.is_open and e.kind is finding.kind and e.reference == finding.reference
        )  # fmt: skip
        return next(same, None)

    def _fold_fresh(self, samples: Samples, finding: Finding) -> None:
        times, breaking = samples.recorded_us, np.flatnonzero(finding.mask)
        current = self._open(finding)
        if current is None and not len(breaking):
            return
        if current is not None:
            first = int(breaking[0]) if len(breaking) else len(times)
            self._settle(current, times[:first], -1)
            current = current if current.is_open else None
        for run in _runs(times, breaking, self.hysteresis_us):
            piece = _episode(samples, finding, run)
            if current is not None:
                current.absorb(piece)
                current.clear_since_us = None
            else:
                current = piece
                self.episodes.append(piece)
            self._touch(current)
            following = breaking[breaking > run[-1]]
            until = int(following[0]) if len(following) else len(times)
            self._settle(current, times[:until], int(run[-1]))
            current = current if current.is_open else None

    def _settle(self, episode: Episode, times: Integers, last: int) -> None:
        """Note the positions after `last`, which kept the limit, and close when they suffice."""
        kept = times[last + 1 :]
        if not len(kept) or not episode.is_open:
            return
        if episode.clear_since_us is None:
            episode.clear_since_us = int(kept[0])
        if int(kept[-1]) - episode.clear_since_us >= self.hysteresis_us:
            episode.ended_us = episode.clear_since_us
        self._touch(episode)

    def _fold_late(self, samples: Samples, finding: Finding, late: int) -> None:
        times, breaking = samples.recorded_us[:late], np.flatnonzero(finding.mask[:late])
        for run in _runs(times, breaking, self.hysteresis_us):
            piece = _episode(samples, finding, run)
            near = self._near(piece)
            if near is None:
                piece.ended_us = piece.last_us
                self.episodes.append(piece)
                near = piece
            else:
                near.absorb(piece)
            self._touch(near)

    def _near(self, piece: Episode) -> Episode | None:
        for episode in self.episodes:
            if (episode.kind, episode.reference) != (piece.kind, piece.reference):
                continue
            end = np.inf if episode.ended_us is None else episode.ended_us + self.hysteresis_us
            if piece.started_us <= end and piece.last_us >= episode.started_us - self.hysteresis_us:
                return episode
        return None


def _tail(finding: Finding, start: int) -> Finding:
    if not start:
        return finding
    return Finding(
        finding.kind, finding.reference, finding.mask[start:], finding.value[start:], finding.limit
    )


def _runs(times: Integers, breaking: Integers, hysteresis_us: int) -> Iterator[Integers]:
    """Cut the breaking rows where the limit was kept long enough between two of them."""
    if not len(breaking):
        return
    before, after = breaking[:-1], breaking[1:]
    kept = times[np.maximum(after - 1, 0)] - times[np.minimum(before + 1, len(times) - 1)]
    cuts = np.flatnonzero((after - before > 1) & (kept >= hysteresis_us)) + 1
    yield from np.split(breaking, cuts)


def _episode(samples: Samples, finding: Finding, rows: Integers) -> Episode:
    worst = int(rows[np.argmax(finding.value[rows])])
    return Episode(
        kind=finding.kind,
        reference=finding.reference,
        started_us=int(samples.recorded_us[rows[0]]),
        last_us=int(samples.recorded_us[rows[-1]]),
        worst=float(finding.value[worst]),
        worst_us=int(samples.recorded_us[worst]),
        lat=float(samples.lat[worst]),
        lon=float(samples.lon[worst]),
        count=len(rows),
        limit=finding.limit,
    )


def silences(
    times_us: Integers, *, previous_us: int | None, limit_us: int = SILENCE_US
) -> Sequence[tuple[int, int]]:
    """Return the gaps longer than 15 s between positions in time order, as (from, until)."""
    times = times_us if previous_us is None else np.concatenate(([previous_us], times_us))
    if previous_us is not None:
        times = times[times >= previous_us]
    wide = np.flatnonzero(np.diff(times) > limit_us)
    return [(int(times[row]), int(times[row + 1])) for row in wide]
