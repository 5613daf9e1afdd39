"""One aircraft and one pilot as a vehicle: hours, limits and what they may do."""

from dispatcher.planning.instance import FAR, SECOND, Instance, Unit, seconds


def make_unit(
    instance: Instance, a: int, p: int, *, early: int = -FAR, late: int = FAR
) -> Unit | None:
    """A pair within both one's hours, or None where they never meet."""
    aircraft, pilot = instance.problem.aircraft[a], instance.problem.pilots[p]
    base, home = instance.place[aircraft.base.key], instance.place[pilot.base.key]
    lead, tail = instance.travel[home][base], instance.travel[base][home]
    begin = max(early, instance.up(aircraft.available.start), instance.up(pilot.shift.start) + lead)
    end = min(late, instance.down(aircraft.available.end), instance.down(pilot.shift.end) - tail)
    duty = FAR if pilot.max_duty is None else pilot.max_duty // SECOND - lead - tail
    if begin >= end or duty <= 0:
        return None
    flying = [limit for limit in (aircraft.hours_left, pilot.max_flying) if limit is not None]
    return Unit(
        aircraft=a,
        pilot=p,
        base=base,
        early=begin,
        late=end,
        span=min(duty, FAR),
        capacity=(
            min((limit // SECOND for limit in flying), default=FAR),
            *(aircraft.loads.get(kind, 0) for kind in instance.kinds),
        ),
        lead=lead,
        tail=tail,
        turnround=seconds(aircraft.turnround),
        allowed=instance.eligibility.allowed(a, p),
    )
