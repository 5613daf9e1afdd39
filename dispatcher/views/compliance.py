"""How the rules are kept: counts by kind, the records behind them, and each rule."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from common.compliance.findings import SEVERITY, Color, Finding
from common.compliance.registry import Rule, rules
from common.compliance.service import findings_of
from common.compliance.withheld import shown_findings
from common.models import ComplianceState, RuleSetting
from common.queries import instrument_of
from common.tables import Table
from dispatcher.ahead import Turned
from dispatcher.queries import compliance as asked_for
from dispatcher.views.frame import Asked, as_file, desk_page, page_of, record_link, shown

COUNTS, VERDICTS = "common.view_compliancestate", "common.view_verdict"
PER_PAGE, MOST_SETTINGS, MOST_IN_FILE = 25, 100, 2000
WITH_VERDICT = (
    "subject_type", "subject_id", "color", "is_stale", "stale_because", "assessed_at",
    "next_change_at", "verdict__subject_label", "verdict__findings", "verdict__stage",
)  # fmt: skip
COLUMNS = [
    ("kind", "Kind"), ("record", "Record"), ("color", "Color"), ("stale", "Stale"),
    ("assessed_at", "Judged at"), ("rule", "Rule"), ("finding", "Finding"), ("title", "Title"),
    ("message", "Message"), ("citation", "Citation"), ("confidence", "Confidence"),
    ("remedy", "Remedy"),
]  # fmt: skip


@desk_page(COUNTS)
def summary_page(request: HttpRequest) -> HttpResponse:
    """Counts by kind with what will turn, and the rules that are broken, by family."""
    asked, now = Asked(request), timezone.now()
    with_over = asked.flag("over")
    rows = asked_for.kind_rows(request.user, now=now, with_over=with_over)
    _say_if_not_all(asked, sum(row.judged for row in rows if row.is_by_day))
    context = {
        "title": "Compliance",
        "asked": asked,
        "rows": rows,
        "now": now,
        "with_over": with_over,
        "horizons": list(asked_for.HORIZONS),
        "may_drill": request.user.has_perm(VERDICTS),
    }
    if context["may_drill"]:
        states = asked_for.states(request.user, now=now, with_over=with_over)
        context["families"] = asked_for.by_family(asked_for.rule_counts(states))
        _say_if_cut(asked, states)
    return shown(request, "compliance", context)


@desk_page(COUNTS, VERDICTS)
def records_page(request: HttpRequest) -> HttpResponse:
    """Records worst first, each with what its verdict says, 25 a page; CSV of up to 2,000."""
    asked, now = Asked(request), timezone.now()
    titles = asked_for.kind_titles()
    chosen: dict[str, Any] = {
        "kind": asked.choice("kind", titles),
        "color": asked.choice("color", asked_for.COLORS),
        "family": asked.choice("family", [*asked_for.FAMILIES, asked_for.OWN]),
        "horizon": asked.choice("horizon", asked_for.HORIZONS),
        "over": asked.flag("over"),
        "q": asked.words(),
    }
    if chosen["color"] == "unknown":
        return _unknown(request, asked, chosen)
    later: dict[str, dict[int, Turned]] = {}
    rows = _chosen(request.user, chosen, now)
    if chosen["family"]:
        _say_if_cut(asked, asked_for.states(request.user, now=now, with_over=chosen["over"]))
    if chosen["horizon"]:
        _say_if_not_all(asked, asked_for.by_day(rows))
        rows, later = _turning(rows, chosen["horizon"], now)
    if request.GET.get("format") == "csv":
        return as_file(
            request, Table("compliance", COLUMNS, _lines(request.user, rows[:MOST_IN_FILE]))
        )
    page = page_of(request, rows, PER_PAGE)
    return shown(
        request,
        "compliance_records",
        {
            **_choices(asked, chosen),
            "page": page,
            "records": [_record(request.user, row, later) for row in page],
        },
    )


@desk_page(COUNTS, VERDICTS)
def rule_page(request: HttpRequest, code: str) -> HttpResponse:
    """One rule: its text, numbers and dates, and who breaks it now, 25 a page."""
    entry = rules.get(code)
    if entry is None:
        raise Http404
    asked, now = Asked(request), timezone.now()
    states = asked_for.states(request.user, now=now, with_over=asked.flag("over"))
    _say_if_cut(asked, states)
    rows = _read(asked_for.worst_first(asked_for.breaking(states, [code])))
    if request.GET.get("format") == "csv":
        return as_file(
            request,
            Table(f"compliance-{code}", COLUMNS, _lines(request.user, rows[:MOST_IN_FILE], code)),
        )
    page = page_of(request, rows, PER_PAGE)
    context = {
        "title": f"{code}: {entry.title}",
        "asked": asked,
        "kept": asked.kept("page"),
        "rule": entry,
        "family": asked_for.family_of(code),
        "instrument": instrument_of(entry),
        "parameters": _parameters(request.user, entry),
        "page": page,
        "most_in_file": MOST_IN_FILE,
        "records": [_record(request.user, row, {}, code) for row in page],
    }
    return shown(request, "compliance_rule", context)


@desk_page(COUNTS, VERDICTS)
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rule book by family, each rule with how many records break it now."""
    asked, now = Asked(request), timezone.now()
    states = asked_for.states(request.user, now=now, with_over=False)
    counts, words = asked_for.rule_counts(states), asked.words().casefold()
    _say_if_cut(asked, states)
    found = [
        {"rule": rules[code], "family": asked_for.family_of(code), **_count(counts, code)}
        for code in sorted(rules, key=lambda each: (asked_for.family_of(each), each))
        if words in f"{code} {rules[code].title} {rules[code].citation}".casefold()
    ]
    context = {
        "title": "Rules",
        "asked": asked,
        "q": asked.words(),
        "kept": asked.kept("page"),
        "page": page_of(request, found, 4 * PER_PAGE),
    }
    return shown(request, "compliance_rules", context)


def _say_if_not_all(asked: Asked, count: int) -> None:
    most = asked_for.MOST_AHEAD
    if count > most:
        asked.notes.append(f"Only {most} of {count} were asked about later days.")


def _say_if_cut(asked: Asked, states: QuerySet) -> None:
    if asked_for.is_cut(states):
        most = asked_for.MOST_COUNTED
        asked.notes.append(
            f"Rules are looked for in the newest {most} verdicts that are not green."
        )


def _count(counts: Mapping[str, Mapping[str, int]], code: str) -> dict[str, int]:
    found = counts.get(code, {})
    return {"red": found.get("red", 0), "amber": found.get("amber", 0)}


def _choices(asked: Asked, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What the records page shows of the filters, chosen and to be chosen."""
    titles = asked_for.kind_titles()
    return {
        "title": titles.get(chosen["kind"], "Records"),
        "asked": asked,
        "chosen": chosen,
        "kept": asked.kept("page"),
        "titles": titles.items(),
        "known_colors": asked_for.COLORS,
        "families": [*asked_for.FAMILIES, asked_for.OWN],
        "horizons": list(asked_for.HORIZONS),
        "most_in_file": MOST_IN_FILE,
    }


def _chosen(user: Any, chosen: Mapping[str, Any], now: datetime) -> QuerySet:
    rows = asked_for.states(user, now=now, with_over=chosen["over"])
    if chosen["kind"]:
        rows = rows.filter(subject_type=chosen["kind"])
    if chosen["q"]:
        rows = rows.filter(verdict__subject_label__icontains=chosen["q"])
    if chosen["color"]:
        rows = asked_for.of_color(rows, chosen["color"])
    if chosen["family"]:
        rows = asked_for.breaking(rows, asked_for.rules_of(chosen["family"]))
    return _read(asked_for.worst_first(rows))


def _read(rows: QuerySet) -> QuerySet:
    return rows.select_related("verdict").only(*WITH_VERDICT)


def _turning(
    rows: QuerySet, horizon: str, now: datetime
) -> tuple[QuerySet, dict[str, dict[int, Turned]]]:
    """Only what gets worse by a horizon, or is judged anew by then where no day can be asked."""
    later = asked_for.turning(rows.order_by(), now=now, horizons=[horizon])[horizon]
    return rows.filter(asked_for.will_turn(later, horizon, now)), later


def _unknown(request: HttpRequest, asked: Asked, chosen: Mapping[str, Any]) -> HttpResponse:
    """Records that no verdict was ever made of."""
    kind = chosen["kind"]
    if kind not in asked_for.EXPECTED:
        asked.notes.append("Choose a kind of record to see those without a verdict.")
    if any(chosen[name] for name in ("q", "family", "horizon")):
        asked.notes.append("Without a verdict only the kind chooses: all of this kind are shown.")
    rows: Any = []
    if kind in asked_for.EXPECTED:
        rows = asked_for.unknown_of(request.user, kind).order_by("-pk")
    page = page_of(request, rows, PER_PAGE)
    unjudged = [
        {"label": str(row), "link": record_link(request.user, kind, row.pk)} for row in page
    ]
    context = {**_choices(asked, chosen), "page": page, "unjudged": unjudged}
    return shown(request, "compliance_records", context)


def _record(
    user: Any, state: ComplianceState, later: Mapping[str, Mapping[int, Turned]], code: str = ""
) -> dict[str, Any]:
    return {
        "state": state,
        "kind": asked_for.kind_titles().get(state.subject_type, state.subject_type),
        "label": state.verdict.subject_label or f"#{state.subject_id}",
        "link": record_link(user, state.subject_type, state.subject_id),
        "verdict": reverse("admin:common_verdict_change", args=[state.verdict_id]),
        "findings": _findings(user, state, code),
        "later": later.get(state.subject_type, {}).get(state.subject_id),
    }


def _findings(user: Any, state: ComplianceState, code: str) -> list[Finding]:
    """What is not green, the worst first, as far as the reader may know it."""
    told = shown_findings(state.subject_type, findings_of(state.verdict), user.has_perm)
    said = [f for f in told if f.color != Color.GREEN]
    return sorted((f for f in said if not code or f.rule == code), key=lambda f: -SEVERITY[f.color])


def _lines(user: Any, rows: QuerySet, code: str = "") -> Iterator[dict[str, Any]]:
    """One line for each finding that is not green; a record without one has a line, too."""
    titles = asked_for.kind_titles()
    nothing = Finding(color=Color.GREEN, message="")
    for state in rows:
        for finding in _findings(user, state, code) or [nothing]:
            yield {
                "kind": titles.get(state.subject_type, state.subject_type),
                "record": state.verdict.subject_label,
                "color": state.color,
                "stale": "yes" if state.stale_now else "",
                "assessed_at": state.assessed_at,
                "rule": finding.rule,
                "finding": str(finding.color),
                "title": finding.title,
                "message": finding.message,
                "citation": finding.citation,
                "confidence": finding.confidence,
                "remedy": finding.fix,
            }


def _parameters(user: Any, entry: Rule) -> list[dict[str, Any]]:
    """The rule's numbers, each with the operators' own, for who may see those."""
    own: dict[str, list[RuleSetting]] = {}
    if entry.parameters and user.has_perm("common.view_rulesetting"):
        settings = RuleSetting.objects.visible_to(user).filter(rule=entry.code)
        for row in settings.order_by("scope", "pk")[:MOST_SETTINGS]:
            own.setdefault(row.parameter, []).append(row)
    return [
        {"name": name, "is": each, "own": own.get(name, [])}
        for name, each in entry.parameters.items()
    ]
