"""The rule book: every registered rule as plain values, and as the page docs/RULES.md."""

from collections.abc import Iterator
from typing import Any

from common.compliance.registry import Instrument, Rule, instruments, rules_by_facts
from common.compliance.subjects import subjects

HEAD = """\
# Compliance rules

Written by `script/manage list_rules > docs/RULES.md`; a test compares. Facts and numbers in our own
words: nothing here is legal text, and a green verdict is no legal advice.

## How to read it

- **Red** is not permitted; **amber** needs a recorded acknowledgement, approval or consent, is near
  a limit, or rests on old data; **green** passes. The worst finding decides; no rules is red.
- **Missing input** is amber while planning and red at release and after. A rule whose own worst
  answer is amber (fog, forecast) answers amber.
- **Approval** counts only when granted, of the right kind, for the operator, the aircraft (none
  named: any), an area that holds every volume (none: any), the height and the whole time; only
  under a ReOC. A rule passed by one is amber, with its number.
- **Limits** pass: 120.0 m, 30.0 m. Zones include their edge: 5,556.0 m is inside 3 NM.
- **Papers** are judged on the operator's local day on which the flight ends; valid through the last
  day, amber for its last 30 days.
- **Weather**: at release only an observation at most 120 minutes old counts. While planning, a
  flight more than two hours away has no report yet: that is amber, and the forecast is judged.
  Every forecast part that overlaps the flight counts; TEMPO, INTER and PROB are amber at worst.
- **Parameters** are the operator's to set, on the strict side of the value given only.
- **Confidence**: *found* was read in a public source; *known* (high, medium, low) was not; *design*
  is ours.
- **Duty** of a remote pilot is counted from flights, first start to last end of a local day, as no
  duty log exists. That of a crew is what is booked or declared, whoever it is for.
- **Hours** of crews run from blocks to blocks; quarters, years and windows of 24 hours are by UTC,
  checks and papers by the base's local day on which the trip ends.
- **Territory** is a coarse outline; distances to people and crowds are what the plan says.

## Absolute rules

An override is a named person's recorded decision to let a red rule pass. It never applies to an
absolute rule: those say what no signature changes, or what another way (an approval, another pilot,
a record) settles.
"""


def kinds() -> list[tuple[str, type]]:
    """
    Every kind of record that rules are about, by the names of the models that are judged by it.

    Facts that no model is judged by yet go by their own name.
    """
    models: dict[type, list[str]] = {}
    for entry in subjects.values():
        models.setdefault(entry.facts, []).append(str(entry.model._meta.verbose_name))
    named = [(_title(facts, models.get(facts, [])), facts) for facts in rules_by_facts]
    return sorted(named, key=lambda kind: kind[0].casefold())


def _title(facts: type, models: list[str]) -> str:
    words = ", ".join(sorted(models)) or facts.__name__.removesuffix("Facts")
    return words[:1].upper() + words[1:]


def rule_book() -> list[dict[str, Any]]:
    """Every rule of every kind of record, in the order of the page."""
    return [_plain(kind, rule) for kind, facts in kinds() for rule in _sorted(facts)]


def rule_page() -> str:
    """The rule book as Markdown."""
    return "\n".join([HEAD, *_absolute(), "", *_instruments(), *_tables()]) + "\n"


def _sorted(facts: type) -> list[Rule]:
    return sorted(rules_by_facts[facts], key=lambda rule: rule.code)


def _plain(kind: str, rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "about": kind,
        "title": rule.title,
        "condition": rule.explanation,
        "citation": rule.citation,
        "confidence": rule.confidence,
        "instrument": rule.instrument,
        "inputs": list(rule.inputs),
        "parameters": {
            name: {"value": entry.value, "unit": entry.unit, "stricter": entry.strict}
            for name, entry in rule.parameters.items()
        },
        "is_absolute": rule.is_absolute,
        "absolute_because": _reason(rule) if rule.is_absolute else "",
        "version": rule.version,
    }


def _reason(rule: Rule) -> str:
    reason = rule.absolute_because
    text = reason[:1].upper() + reason[1:]
    return text if not text or text.endswith(".") else f"{text}."


def _absolute() -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for _, facts in kinds():
        for rule in _sorted(facts):
            known = reasons.setdefault(_reason(rule) or "The law gives no choice.", [])
            if rule.is_absolute and rule.code not in known:
                known.append(rule.code)
    for reason, codes in sorted(reasons.items()):
        if codes:
            yield f"- {reason} {', '.join(f'`{code}`' for code in codes)}"


def _instruments() -> Iterator[str]:
    yield "## Dated instruments\n"
    yield "A rule that rests on one turns amber when it lapses.\n"
    yield "| instrument | subject | from | to | checked |"
    yield "| --- | --- | --- | --- | --- |"
    for name in sorted(instruments):
        yield _instrument(instruments[name])
    yield ""


def _instrument(entry: Instrument) -> str:
    until = entry.effective_to or "not seen"
    return (
        f"| {entry.name} | {entry.subject} | {entry.effective_from} | {until}"
        f" | {entry.source_checked_on} |"
    )


def _tables() -> Iterator[str]:
    for kind, facts in kinds():
        found = _sorted(facts)
        yield f"## {kind}: {len(found)} rules\n"
        yield "| code | title | condition | citation | confidence | parameters |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for rule in found:
            yield _row(rule)
        yield ""


def _row(rule: Rule) -> str:
    parameters = "; ".join(
        f"{name} {entry.value:g} {entry.unit}" for name, entry in rule.parameters.items()
    )
    code = f"`{rule.code}`" + (" (absolute)" if rule.is_absolute else "")
    cells = (code, rule.title, rule.explanation, rule.citation, rule.confidence, parameters)
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
