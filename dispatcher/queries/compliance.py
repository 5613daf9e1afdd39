"""Who keeps the rules now and who will not: what the compliance pages of the desk show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from aircraft.models import AircraftStatus as CrewedStatus
from common.compliance.registry import rules
from common.compliance.subjects import subjects
from common.models import ComplianceState, Verdict
from common.queries import counted, states_now
from dispatcher.ahead import Turned, has_days, turned
from dispatcher.queries.forecast import COUNTED
from flight_operations.models import HazardStatus, IncidentStatus
from operations.models import BEFORE_FLIGHT, OccurrenceStatus, TripStatus
from rpas.models import AircraftStatus

HORIZONS = {"24h": 1, "7d": 7, "30d": 30}
# So many verdicts of a kind are asked about later days, so many findings are counted by rule.
MOST_AHEAD, MOST_COUNTED = 300, 5000
COLORS = ("red", "amber", "stale", "unknown", "green")
# Records that should have a verdict; others are over, or not begun. Only offers that were sent are
# judged, and their verdict is made with them.
EXPECTED: dict[str, Q] = {
    "flight_operations.flightoperation": Q(status__in=COUNTED),
    "operations.trip": Q(status__in=(*BEFORE_FLIGHT, TripStatus.ACTIVE)),
    "aircraft.aircraft": ~Q(status=CrewedStatus.RETIRED),
    "rpas.rpasaircraft": ~Q(status=AircraftStatus.RETIRED),
    "rpas.rpasoperator": Q(is_active=True),
    "flight_operations.smsincidentreport": ~Q(status=IncidentStatus.CLOSED),
    "flight_operations.smshazardregister": ~Q(status=HazardStatus.CLOSED),
    "operations.occurrence": ~Q(status=OccurrenceStatus.CLOSED),
}
# Where a rule is from, by how its code begins; the rest are the house's own.
FAMILIES: dict[str, tuple[str, ...]] = {
    "14 CFR and OpSpecs": ("FAR-", "OPSPEC-", "FET", "NTSB"),
    "CASR Part 101 and instruments": (
        "CASR-", "REOC-", "RPAS-", "REPL", "ACCRED", "EX27", "EX45", "TMI", "DIR", "BVLOS",
        "NIGHT", "APP", "AUTH", "REGO",
    ),
    "MOS and F2 technical log": ("MOS-", "F2-", "BATTERY", "CREWED-"),
    "Duty and crew": ("AU-", "CREW-", "PILOT"),
    "Weather": ("WX", "WXD"),
    "Medical": ("MED-",),
    "Safety": ("SMS", "TSI"),
    "Papers": ("DOC-", "INSURANCE"),
}  # fmt: skip
OWN = "House rules"

_BY_RULE = """
SELECT f ->> 'rule', f ->> 'color', count(DISTINCT v.id)
FROM common_verdict v CROSS JOIN LATERAL jsonb_array_elements(v.findings) AS f
WHERE v.id = ANY(%s) AND f ->> 'color' <> 'green'
GROUP BY 1, 2
"""
_OF_RULES = """
SELECT DISTINCT v.id
FROM common_verdict v CROSS JOIN LATERAL jsonb_array_elements(v.findings) AS f
WHERE v.id = ANY(%s) AND f ->> 'color' <> 'green' AND f ->> 'rule' = ANY(%s)
"""


@dataclass
class KindRow:
    """One kind of record: how many stand how, and how many will turn."""

    kind: str
    title: str
    green: int = 0
    amber: int = 0
    red: int = 0
    stale: int = 0
    # None where nobody can tell, or the caller may not see the records themselves.
    unknown: int | None = None
    is_by_day: bool = False
    ahead: dict[str, str] = field(default_factory=dict)

    @property
    def judged(self) -> int:
        return self.green + self.amber + self.red + self.stale

    @property
    def total(self) -> int:
        return self.judged + (self.unknown or 0)


def kind_titles() -> dict[str, str]:
    """Every kind that is judged, by its label, in the order of their titles."""
    named = {label: str(entry.model._meta.verbose_name_plural) for label, entry in subjects.items()}
    named["aircraft.aircraft"] = "crewed aircraft"
    titles = {label: f"{words[:1].upper()}{words[1:]}" for label, words in named.items()}
    return dict(sorted(titles.items(), key=lambda each: each[1].casefold()))


def family_of(code: str) -> str:
    """Where a rule is from."""
    for name, starts in FAMILIES.items():
        if code.startswith(starts):
            return name
    return OWN


def rules_of(family: str) -> list[str]:
    """The codes of a family's rules."""
    return sorted(code for code in rules if family_of(code) == family)


def states(user: Any, *, now: datetime, with_over: bool) -> QuerySet:
    """States the caller sees; without `with_over` only of records that are still judged."""
    rows = states_now(user, now=now)
    return rows if with_over else rows.exclude(dependencies=[])


def kind_rows(user: Any, *, now: datetime, with_over: bool) -> list[KindRow]:
    """
    Each kind with its counts, and what will turn.

    A kind that is judged by the day is judged as of later days; of any other the engine keeps when
    time alone may change the answer. At most 8 statements.
    """
    found = {
        kind: KindRow(kind, title, is_by_day=has_days(kind))
        for kind, title in kind_titles().items()
    }
    current = states(user, now=now, with_over=with_over)
    for row in counted(current).annotate(**_due(now)):
        kind = found.setdefault(
            row["subject_type"], KindRow(row["subject_type"], row["subject_type"])
        )
        kind.green, kind.amber = row["green"], row["amber"]
        kind.red, kind.stale = row["red"], row["stale"]
        kind.ahead = {name: str(row[f"in_{name}"]) for name in HORIZONS}
    for label, count in unknown_counts(user).items():
        found[label].unknown = count
    days = turning(current, now=now)
    for kind in found.values():
        if kind.is_by_day:
            kind.ahead = {name: _worded(days[name].get(kind.kind, {})) for name in HORIZONS}
    return list(found.values())


def turning(
    rows: QuerySet, *, now: datetime, horizons: Iterable[str] = HORIZONS
) -> dict[str, dict[str, dict[int, Turned]]]:
    """What gets worse by each horizon, by kind and record; 1 statement, a bounded number."""
    found: dict[str, dict[str, dict[int, Turned]]] = {name: {} for name in horizons}
    kinds = [kind for kind in subjects if has_days(kind)]
    wanted = rows.filter(subject_type__in=kinds).order_by("subject_type", "subject_id")
    verdicts = Verdict.objects.filter(pk__in=wanted.values("verdict")[:MOST_AHEAD])
    read = verdicts.only(
        "subject_type", "subject_id", "stage", "color", "next_change_at", "facts", "parameters",
        "overrides", "findings",
    )  # fmt: skip
    for verdict in read.order_by("pk"):
        for name, ahead in found.items():
            later = turned(verdict, now=now, days=HORIZONS[name])
            if later:
                ahead.setdefault(verdict.subject_type, {})[verdict.subject_id] = later
    return found


def by_day(rows: QuerySet) -> int:
    """How many states are of kinds that are judged by the day; 1 statement."""
    kinds = [kind for kind in subjects if has_days(kind)]
    return rows.filter(subject_type__in=kinds).order_by().count()


def will_turn(later: Mapping[str, Mapping[int, Turned]], horizon: str, now: datetime) -> Q:
    """The states that get worse by a horizon, and of kinds without days those judged anew."""
    by_day = [kind for kind in subjects if has_days(kind)]
    found = Q(stale_now=False, next_change_at__lte=now + timedelta(days=HORIZONS[horizon])) & ~Q(
        subject_type__in=by_day
    )
    for kind, records in later.items():
        found |= Q(subject_type=kind, subject_id__in=list(records))
    return found


def unknown_counts(user: Any) -> dict[str, int]:
    """How many records that should have a verdict have none, of kinds the caller may see."""
    parts = [
        unknown_of(user, label)
        .order_by()
        .annotate(of_kind=Value(label))
        .values("of_kind")
        .annotate(how_many=Count("pk"))
        .values_list("of_kind", "how_many")
        for label in EXPECTED
        if _may_see(user, label)
    ]
    if not parts:
        return {}
    counts = dict(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else dict(parts[0])
    return {label: counts.get(label, 0) for label in EXPECTED if _may_see(user, label)}


def unknown_of(user: Any, label: str) -> QuerySet:
    """Records of a kind that should have a verdict and have none."""
    model: Any = subjects[label].model
    known = ComplianceState.objects.filter(subject_type=label, subject_id=OuterRef("pk"))
    rows = model.objects.visible_to(user) if _may_see(user, label) else model.objects.none()
    return rows.filter(EXPECTED[label]).exclude(Exists(known))


def worst_first(rows: QuerySet) -> QuerySet:
    """States in the order in which somebody should look at them."""
    rank = Case(
        When(stale_now=False, color="red", then=Value(0)),
        When(color="red", then=Value(1)),
        When(stale_now=False, color="amber", then=Value(2)),
        When(stale_now=True, then=Value(3)),
        default=Value(4),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by(
        "rank", "subject_type", "verdict__subject_label", "subject_id"
    )


def of_color(rows: QuerySet, color: str) -> QuerySet:
    """States of a color; what is stale has none."""
    return (
        rows.filter(stale_now=True)
        if color == "stale"
        else rows.filter(stale_now=False, color=color)
    )


def breaking(rows: QuerySet, codes: Sequence[str]) -> QuerySet:
    """States whose verdicts say something against one of some rules."""
    found = _rows(_OF_RULES, _judged(rows), list(codes))
    return rows.filter(verdict__in=[pk for (pk,) in found])


def rule_counts(rows: QuerySet) -> dict[str, dict[str, int]]:
    """How many records each rule finds red and amber, by code; 2 statements."""
    found: dict[str, dict[str, int]] = {}
    for code, color, count in _rows(_BY_RULE, _judged(rows)):
        found.setdefault(code, {"red": 0, "amber": 0})[color] = count
    return found


def is_cut(rows: QuerySet) -> bool:
    """Whether more verdicts say something than are looked through for rules; 1 statement."""
    bad = rows.exclude(color="green").order_by()
    return bad[MOST_COUNTED : MOST_COUNTED + 1].exists()


def by_family(counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """The rules that somebody breaks, by family, those with the most red first."""
    families: dict[str, list[dict[str, Any]]] = {}
    for code, count in counts.items():
        title = rules[code].title if code in rules else ""
        families.setdefault(family_of(code), []).append({"code": code, "title": title, **count})
    found = [
        {
            "name": name,
            "red": sum(each["red"] for each in entries),
            "amber": sum(each["amber"] for each in entries),
            "rules": sorted(entries, key=_most),
        }
        for name, entries in families.items()
    ]
    return sorted(found, key=_most)


def _most(entry: Mapping[str, Any]) -> tuple[int, int, str]:
    return -entry["red"], -entry["amber"], entry.get("code") or entry["name"]


def _judged(rows: QuerySet) -> list[int]:
    """The verdicts that are not green; green ones have nothing to say against a rule."""
    bad = rows.exclude(color="green").order_by("-verdict")
    return list(bad.values_list("verdict", flat=True)[:MOST_COUNTED])


def _rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _due(now: datetime) -> dict[str, Count]:
    return {
        f"in_{name}": Count(
            "pk",
            filter=Q(
                stale_now=False,
                next_change_at__gt=now,
                next_change_at__lte=now + timedelta(days=days),
            ),
        )
        for name, days in HORIZONS.items()
    }


def _worded(later: Mapping[int, Turned]) -> str:
    colors = [str(each.color) for each in later.values()]
    parts = [f"{colors.count(name)} {name}" for name in ("red", "amber") if name in colors]
    return ", ".join(parts) or "0"


def _may_see(user: Any, label: str) -> bool:
    app, model = label.split(".")
    return bool(user.has_perm(f"{app}.view_{model}"))
