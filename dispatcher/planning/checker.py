"""
Whether a plan can be flown, told from the problem alone.

Independent of how plans are made: its own distances, its own reading of windows and limits, by
moments and not by seconds, and nothing imported but the words of `model`. What is pinned is
somebody's decision: it is only held against a plan together with work that was planned.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from dispatcher.planning.model import (
    Assignment,
    Commitment,
    Exclusion,
    Period,
    Place,
    Plan,
    Problem,
)
from dispatcher.planning.outings import (
    TOLERANCE,
    ZERO,
    Outing,
    Stop,
    binds,
    covers,
    forbids,
    great_circle_m,
    inside,
    joined,
    same,
)


@dataclass(frozen=True)
class Violation:
    """Something that cannot be: a code, in words, and whom it concerns."""

    code: str
    message: str
    task: str = ""
    aircraft: str = ""
    pilot: str = ""


def violations(problem: Problem, plan: Plan) -> list[Violation]:
    """Everything in a plan that cannot be; an empty list means that it can be flown."""
    return _Checker(problem, plan).run()


def misstated(problem: Problem, plan: Plan) -> list[Violation]:
    """
    Where a plan says wrongly when its two are away: what is booked for them follows from that.

    They arrive in time to set up, and are away from when they must leave the base until they are
    back.
    """
    return _Checker(problem, plan).misstated()


def unexplained(plan: Plan) -> list[str]:
    """Tasks left behind without a reason."""
    return [each.task for each in plan.unassigned if not each.reasons]


class _Checker:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.tasks = {task.key: task for task in problem.tasks}
        self.aircraft = {each.key: each for each in problem.aircraft}
        self.pilots = {each.key: each for each in problem.pilots}
        self.pins = {
            each.task: each
            for each in problem.commitments
            if each.task and each.aircraft in self.aircraft and each.pilot in self.pilots
        }
        self.exclusions: dict[str | None, list[Exclusion]] = defaultdict(list)
        for row in problem.exclusions:
            self.exclusions[row.task].append(row)
        table = problem.travel.table
        self.rows = {key: number for number, key in enumerate(table.keys)} if table else {}
        self.found: list[Violation] = []

    def run(self) -> list[Violation]:
        self._all_accounted_for()
        self._pins_unmoved()
        known = [
            each
            for each in self.plan.assignments
            if each.aircraft in self.aircraft
            and each.pilot in self.pilots
            and (each.task in self.tasks or each.task in self.pins)
        ]
        for each in known:
            if each.task not in self.pins:
                self._may(each)
                self._when(each)
        outings = self._outings(known)
        for outing in outings:
            self._route(outing)
        self._holders(outings, known)
        self._at_once(known)
        return self.found

    def misstated(self) -> list[Violation]:
        """See the function of this name."""
        free = [each for each in self.plan.assignments if each.task not in self.pins]
        for each in free:
            if each.arrives + self.tasks[each.task].setup > each.period.start + TOLERANCE:
                message = f"{each.task} begins before its two have set up."
                self._add("arrival", message, task=each.task)
        for outing in self._outings(self.plan.assignments):
            if outing.is_planned and not any(covers(s, outing) for s in self.plan.stints):
                message = f"The stint of {outing.stops[0].task} is shorter than the way takes."
                self._add("stint", message, aircraft=outing.aircraft, pilot=outing.pilot)
        return self.found

    def _add(
        self, code: str, message: str, *, task: str = "", aircraft: str = "", pilot: str = ""
    ) -> None:
        self.found.append(Violation(code, message, task, aircraft, pilot))

    def _all_accounted_for(self) -> None:
        named = Counter(each.task for each in self.plan.assignments)
        named.update(each.task for each in self.plan.unassigned)
        for key, count in named.items():
            if count > 1:
                self._add("twice", f"{key} is in the plan {count} times.", task=key)
            if key not in self.tasks and key not in self.pins:
                self._add("unknown_task", f"Nobody asked for {key}.", task=key)
        committed = {each.task for each in self.problem.commitments}
        for key in sorted(self.tasks.keys() - named.keys() - committed):
            self._add("lost", f"{key} is neither planned nor left behind.", task=key)
        self._all_known()

    def _all_known(self) -> None:
        for each in self.plan.assignments:
            for key, known in ((each.aircraft, self.aircraft), (each.pilot, self.pilots)):
                if key not in known:
                    self._add("unknown_resource", f"{key} is not there.", task=each.task)

    def _pins_unmoved(self) -> None:
        planned = {each.task: each for each in self.plan.assignments}
        for key, pin in self.pins.items():
            each = planned.get(key or "")
            if each is None or (each.aircraft, each.pilot, each.period) != (
                pin.aircraft,
                pin.pilot,
                pin.period,
            ):
                self._add("pin_moved", f"{key} was pinned and is not where it was.", task=key or "")

    def _may(self, each: Assignment) -> None:
        task = self.tasks[each.task]
        names = {"task": each.task, "aircraft": each.aircraft, "pilot": each.pilot}
        missing = task.capabilities - self.aircraft[each.aircraft].capabilities
        if missing:
            self._add("capability", f"Lacks {', '.join(sorted(missing))}.", **names)
        missing = task.qualifications - self.pilots[each.pilot].qualifications
        if missing:
            self._add("qualification", f"Lacks {', '.join(sorted(missing))}.", **names)
        for exclusion in (*self.exclusions[each.task], *self.exclusions[None]):
            if forbids(exclusion, each):
                self._add("not_eligible", f"{exclusion.code}: {exclusion.message}", **names)

    def _when(self, each: Assignment) -> None:
        task, period = self.tasks[each.task], each.period
        if period.length + TOLERANCE < task.duration:
            self._add("too_short", f"{each.task} needs {task.duration}.", task=each.task)
        if not inside(period, [self.problem.horizon]):
            self._add("horizon", f"{each.task} is outside the day.", task=each.task)
        for window in task.windows:
            if not inside(period, joined(window.periods)):
                self._add("window", f"{each.task} is outside {window.kind}.", task=each.task)
        earliest = self.problem.not_before
        if earliest is not None and period.start < earliest:
            self._add("too_soon", f"{each.task} would start before {earliest}.", task=each.task)

    def _outings(self, known: Sequence[Assignment]) -> list[Outing]:
        """Runs of work of the same two, cut where either works with somebody else."""
        found: list[Outing] = []
        latest: dict[tuple[str, str], Outing] = {}
        for each in sorted(known, key=lambda item: (item.period.start, item.task)):
            a, p = ("aircraft", each.aircraft), ("pilot", each.pilot)
            outing = latest.get(a)
            if outing is None or outing is not latest.get(p):
                outing = latest[a] = latest[p] = Outing(each.aircraft, each.pilot)
                found.append(outing)
            outing.stops.append(self._stop(each))
        for outing in found:
            self._complete(outing)
        return found

    def _complete(self, outing: Outing) -> None:
        """Add what one of the two does alone meanwhile; find out and back from the base."""
        span = self._declared(outing)
        for each in self.problem.commitments:
            alone = binds(each, outing) and each.task not in self.pins
            if alone and span.start <= each.period.start and each.period.end <= span.end:
                outing.stops.append(self._alone(each))
        outing.stops.sort(key=lambda stop: stop.period)
        base = self.aircraft[outing.aircraft].base
        first, last = outing.stops[0], outing.stops[-1]
        outing.leaves = first.period.start - first.setup - self._way(base, first.place)
        outing.returns = last.period.end + self._way(last.place, base)

    def _declared(self, outing: Outing) -> Period:
        """The span of the stint that the plan names for this, or from its first to its last."""
        own = Period(outing.stops[0].period.start, outing.stops[-1].period.end)
        for stint in self.plan.stints:
            if same(stint, outing) and stint.period.start <= own.start < stint.period.end:
                return stint.period
        return own

    def _route(self, outing: Outing) -> None:
        """Each stop is reached in time from the one before, and nobody sets out in the past."""
        names = {"aircraft": outing.aircraft, "pilot": outing.pilot}
        begin = self.problem.not_before
        place = self.aircraft[outing.aircraft].base
        for stop in outing.stops:
            must = stop.period.start - stop.setup - self._way(place, stop.place)
            if begin is not None and not stop.is_pinned and must + TOLERANCE < begin:
                message = f"{stop.task} cannot be reached in time."
                self._add("travel", message, task=stop.task, **names)
            place = stop.place
        for before, after in pairwise(outing.stops):
            way = self._way(before.place, after.place) + before.wait + after.setup
            if before.is_pinned and after.is_pinned:
                continue
            if before.period.end + way > after.period.start + TOLERANCE:
                message = f"{after.task or 'A commitment'} cannot be reached from the stop before."
                self._add("travel", message, task=after.task or before.task, **names)

    def _holders(self, outings: Sequence[Outing], known: Sequence[Assignment]) -> None:
        by_aircraft: dict[str, list[Outing]] = defaultdict(list)
        by_pilot: dict[str, list[Outing]] = defaultdict(list)
        for outing in outings:
            by_aircraft[outing.aircraft].append(outing)
            by_pilot[outing.pilot].append(outing)
        for key, own in by_aircraft.items():
            self._aircraft_day(key, own)
        for key, own in by_pilot.items():
            self._pilot_day(key, own)
        for key in by_aircraft:
            self._loads(key, [each for each in known if each.aircraft == key])

    def _aircraft_day(self, key: str, own: list[Outing]) -> None:
        aircraft = self.aircraft[key]
        stops = self._whole_day(own, aircraft=key)
        self._apart(stops, aircraft=key)
        self._reachable(own, aircraft.base, aircraft.base, aircraft=key)
        planned = [outing for outing in own if outing.is_planned]
        for outing in planned:
            if not outing.within(outing.out, outing.back, aircraft.available):
                self._add("availability", f"{key} is away outside its hours.", aircraft=key)
        flown = sum((stop.flight for stop in stops), ZERO)
        if planned and aircraft.hours_left is not None and flown > aircraft.hours_left:
            self._add("maintenance", f"{key} would fly past its maintenance.", aircraft=key)

    def _pilot_day(self, key: str, own: list[Outing]) -> None:
        pilot = self.pilots[key]
        stops = self._whole_day(own, pilot=key)
        self._apart(stops, pilot=key)
        self._reachable(own, None, pilot.base, pilot=key)
        planned = [outing for outing in own if outing.is_planned]
        if not planned:
            return
        for outing in planned:
            base = self.aircraft[outing.aircraft].base
            begin = outing.out - self._way(pilot.base, base)
            end = outing.back + self._way(base, pilot.base)
            if not outing.within(begin, end, pilot.shift):
                self._add("shift", f"{key} would work outside the shift.", pilot=key)
        first, last = own[0], own[-1]
        begin = first.out - self._way(pilot.base, self.aircraft[first.aircraft].base)
        end = last.back + self._way(self.aircraft[last.aircraft].base, pilot.base)
        if pilot.max_duty is not None and end - begin > pilot.max_duty + TOLERANCE:
            self._add("duty", f"{key} would be on duty for {end - begin}.", pilot=key)
        flown = sum((stop.flight for stop in stops), ZERO)
        if pilot.max_flying is not None and flown > pilot.max_flying:
            self._add("flying", f"{key} would fly for {flown}.", pilot=key)

    def _whole_day(
        self, own: Sequence[Outing], *, aircraft: str = "", pilot: str = ""
    ) -> list[Stop]:
        """All stops of one aircraft or pilot, commitments outside of outings too, each once."""
        found = {(stop.period, stop.place.key, stop.task): stop for o in own for stop in o.stops}
        within = {stop.period for outing in own for stop in outing.stops}
        for each in self.problem.commitments:
            mine = (aircraft and each.aircraft == aircraft) or (pilot and each.pilot == pilot)
            if mine and each.task not in self.pins and each.period not in within:
                stop = self._alone(each)
                found[stop.period, stop.place.key, each.key] = stop
        # Another one's commitment takes time on the way, but not this one's hours.
        return sorted(found.values(), key=lambda stop: stop.period)

    def _apart(self, stops: Sequence[Stop], *, aircraft: str = "", pilot: str = "") -> None:
        for before, after in pairwise(stops):
            if before.is_pinned and after.is_pinned:
                continue
            if before.period.end > after.period.start + TOLERANCE:
                message = f"{aircraft or pilot} is booked twice at {after.period.start}."
                self._add("double_booked", message, task=after.task, aircraft=aircraft, pilot=pilot)

    def _reachable(
        self, own: Sequence[Outing], start: Place | None, home: Place, **names: str
    ) -> None:
        """Outings follow each other, and commitments between them can be reached from the bases."""
        legs = [(self.aircraft[o.aircraft].base, o.out, o.back, o.is_planned) for o in own]
        spans = [Period(out, back) for _, out, back, _ in legs]
        for each in self.problem.commitments:
            mine = any(getattr(each, kind) == key for kind, key in names.items())
            joint = each.task in self.pins
            within = any(s.start <= each.period.start and each.period.end <= s.end for s in spans)
            if mine and not joint and not within:
                where = self._alone(each).place
                legs.append((where, each.period.start, each.period.end, False))
        legs.sort(key=lambda leg: (leg[1], leg[2]))
        for (place, _, end, planned), (after, begin, _, also_planned) in pairwise(legs):
            late = end + self._way(place, after) > begin + TOLERANCE
            if late and (planned or also_planned):
                self._add("travel", f"{start or home} is left too late for {begin}.", **names)

    def _loads(self, key: str, own: Sequence[Assignment]) -> None:
        carried: Counter[str] = Counter()
        if all(each.task in self.pins for each in own):
            return
        for each in own:
            row = self.pins.get(each.task) or self.tasks[each.task]
            carried.update(row.loads)
        for kind, amount in carried.items():
            if amount > self.aircraft[key].loads.get(kind, 0):
                self._add("loads", f"{key} cannot carry {amount} of {kind}.", aircraft=key)

    def _at_once(self, known: Sequence[Assignment]) -> None:
        most = self.problem.max_concurrent
        if most is None:
            return
        for each in known:
            moment = each.period.start
            under_way = [o for o in known if o.period.start <= moment < o.period.end]
            others = sum(o.start <= moment < o.end for o in self.problem.under_way)
            count = len(under_way) + others
            if count > most and any(o.task not in self.pins for o in under_way):
                message = f"{count} operations at {moment}."
                self._add("concurrent", message, task=each.task)

    def _stop(self, each: Assignment) -> Stop:
        wait = self.aircraft[each.aircraft].turnround
        if each.task in self.pins:
            return self._alone(self.pins[each.task], each.task)
        task = self.tasks[each.task]
        return Stop(
            task.place, each.period, task.setup, wait, task.flight_time, task.key, is_pinned=False
        )

    def _alone(self, each: Commitment, task: str = "") -> Stop:
        place, wait = each.place, ZERO
        if each.aircraft in self.aircraft:
            place = place or self.aircraft[each.aircraft].base
            wait = self.aircraft[each.aircraft].turnround if each.flight_time else ZERO
        elif each.pilot in self.pilots:
            place = place or self.pilots[each.pilot].base
        if place is None:
            raise ValueError(f"Commitment {each.key} binds nobody here.")
        return Stop(place, each.period, ZERO, wait, each.flight_time, task)

    def _way(self, origin: Place, destination: Place) -> timedelta:
        """How long it takes from one place to the other."""
        if origin.key == destination.key:
            return ZERO
        travel = self.problem.travel
        if travel.table and origin.key in self.rows and destination.key in self.rows:
            row = travel.table.seconds[self.rows[origin.key]]
            return timedelta(seconds=row[self.rows[destination.key]])
        meters = great_circle_m(origin, destination)
        return timedelta(seconds=meters * travel.road_factor / travel.speed_ms)
