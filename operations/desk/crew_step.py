"""Asking somebody to fly: a place on the flights of a trip, held for them until they answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from common.desk.fields import NamedField
from common.desk.standing import Fact
from common.desk.steps import Said, Seen, Step
from common.desk.wording import clock
from common.exceptions import ChangedSinceShown
from operations.desk.trip_steps import legs_of
from operations.models import CrewLine, CrewRole, DutyPeriod, Trip, TripLeg
from operations.plan_hash import plan_hash
from operations.services import crew
from operations.services.ledger import lock_trip
from users.models import User

MOST_PEOPLE = 60
LONGEST_WAY_MIN = 1440


def open_legs(trip: Trip) -> list[TripLeg]:
    """The flights of the trip on screen that somebody can still be put on."""
    return [leg for leg in legs_of(trip) if leg.status in crew.CREWABLE]


def _can_offer(trip: Trip, at: datetime) -> str | None:
    return "" if trip.status in crew.OPEN and open_legs(trip) else None


def _mark(trip: Trip) -> str:
    """The plan, and who was asked or said yes: another answer makes it another question."""
    rows = CrewLine.objects.filter(leg__trip=trip).order_by("pk").values_list("pk", "status")
    answers = ",".join(f"{pk}{status}" for pk, status in rows)
    return f"{plan_hash(trip)}-{sha256(answers.encode()).hexdigest()[:16]}"


def _places_shown(trip: Trip, at: datetime) -> Seen:
    """The flights, and who has a place on them."""
    taken: dict[int, list[str]] = {}
    lines = CrewLine.objects.assigned().filter(leg__trip=trip).select_related("person")
    for line in lines.order_by("leg__sequence", "pk"):
        words = f"{line.get_role_display()} {line.person.full_name} ({line.status})"
        taken.setdefault(line.leg_id, []).append(words)
    facts = [
        Fact(
            label=f"{leg.sequence}. {leg.origin} to {leg.destination}",
            value=", ".join(taken.get(leg.pk, [])) or "nobody",
            detail=f"off blocks {clock(leg.estimated_out_at, leg.origin.timezone)}",
        )
        for leg in open_legs(trip)
    ]
    return Seen(mark=_mark(trip), facts=tuple(facts))


def _people(user: User) -> Any:
    return User.objects.visible_to(user).filter(is_active=True)


def _likely(user: User) -> list[tuple[str, str]]:
    """Who flew or served on duty last, by name: most often it is one of them."""
    known = DutyPeriod.objects.visible_to(user).values("person").distinct()
    rows = _people(user).filter(pk__in=known).order_by("last_name", "first_name", "pk")
    return [(row.email, row.full_name) for row in rows[:MOST_PEOPLE]]


def _leg_choices(trip: Trip) -> list[tuple[str, str]]:
    return [
        (str(leg.sequence), f"{leg.sequence}. {leg.origin} to {leg.destination}")
        for leg in legs_of(trip)
    ]


def _asked(trip: Trip, user: User, ticked: Sequence[TripLeg]) -> Mapping[str, forms.Field]:
    way = "Minutes on the way to the aircraft before reporting, where they travel"
    return {
        "person": NamedField(
            lambda email: _people(user).filter(email=email.strip().lower()),
            what="person",
            likely=_likely(user),
            label="Who, by e-mail",
        ),
        "role": forms.ChoiceField(label="As", choices=CrewRole.choices),
        "legs": forms.TypedMultipleChoiceField(
            label="On which flights",
            choices=_leg_choices(trip),
            coerce=int,
            initial=[str(leg.sequence) for leg in ticked],
            widget=forms.CheckboxSelectMultiple,
        ),
        "positioning_min": forms.IntegerField(
            label=way, min_value=0, max_value=LONGEST_WAY_MIN, required=False
        ),
        "remarks": forms.CharField(label="Remarks to them", max_length=1000, required=False),
    }


def offered_on(trip: Trip, said: Said, *, actor: Any, at: datetime) -> Sequence[CrewLine]:
    """Offer the places that were asked about, unless the crew is another one by now."""
    if _mark(lock_trip(trip)) != said.seen:
        raise ChangedSinceShown
    return crew.offer_places(trip, **said.fields, overrides=said.overrides, actor=actor, at=at)


def told(lines: Sequence[CrewLine]) -> str:
    """Who was asked for what: `Kim Roe offered pilot in command on leg 1, 2`."""
    line = lines[0]
    legs = ", ".join(str(sequence) for sequence in sorted(each.leg.sequence for each in lines))
    return f"{line.person.full_name} offered {line.get_role_display().lower()} on leg {legs}"


def _on_leg(leg: TripLeg, said: Said, *, actor: Any, at: datetime) -> Sequence[CrewLine]:
    return offered_on(leg.trip, said, actor=actor, at=at)


def _can_offer_leg(leg: TripLeg, at: datetime) -> str | None:
    return _can_offer(leg.trip, at) if leg.status in crew.CREWABLE else None


def _step(label: str, perform: Any, **more: Any) -> Step:
    return Step(
        key="offer-places",
        label=label,
        permission="operations.add_crewline",
        perform=perform,
        done="offered",
        tells=told,
        explained="Holds the person from reporting to rest until they answer. A release falls.",
        takes_overrides=True,
        **more,
    )


OFFER_PLACES = _step(
    "Offer flights to crew",
    offered_on,
    when=_can_offer,
    offers=lambda trip, user, at: _asked(trip, user, open_legs(trip)),
    seen=_places_shown,
)
OFFER_PLACE = _step(
    "Offer this flight to crew",
    _on_leg,
    when=_can_offer_leg,
    offers=lambda leg, user, at: _asked(leg.trip, user, [leg]),
    seen=lambda leg, at: _places_shown(leg.trip, at),
)
