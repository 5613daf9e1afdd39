from collections import defaultdict

import msgspec
import pytest

from common.compliance.findings import Color, Override, Stage
from common.compliance.registry import rules
from operations.facts.people import FlyingFacts
from operations.facts.trip import TripFacts
from tests.operations.rules import cases_flight_time, cases_papers, cases_recency
from tests.operations.rules.green_crew import (
    GREEN,
    NOW,
    START,
    color,
    findings,
    pic,
    quarters,
    sector,
    trip,
    worst,
)

CASES = [*cases_flight_time.CASES, *cases_papers.CASES, *cases_recency.CASES]
CODES = sorted({case.code for case in CASES})
# Says how the flight is judged, or grants what another rule would refuse.
NEVER_WORSE_THAN_GREEN = {"FAR-135.267-REGDUTY", "FAR-61.57E4"}
# What they ask is known by its absence: nothing on file is their finding.
WITHOUT_UNKNOWN = {
    *NEVER_WORSE_THAN_GREEN,
    "CREW-ACTIVE",
    "FAR-135.245-SIC",
    "FAR-135.265",
    "FAR-135.267-10R",
    "FAR-135.267-OVER",
    "FAR-135.269",
    "FAR-135.271-HEMES",
    "FAR-135.273-FA",
    "FAR-135.301-GRACE",
    "FAR-135.63-REC",
    "FAR-135.621-MEDBRIEF",
    "FAR-61.57C",
    "FAR-61.57D",
    "FAR-61.57E3",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_rule_answers(case):
    assert color(case.code, case.facts, stage=case.stage, at=case.at) == case.expected


def crew_codes():
    return sorted(code for code, rule in rules.items() if rule.check.__module__ in MODULES)


MODULES = {
    f"operations.rules.{name}"
    for name in (
        "augmented",
        "certificates",
        "checks",
        "flight_time",
        "medicals",
        "recency",
        "rest",
    )
}


def test_every_rule_has_a_case_that_passes_and_one_that_does_not():
    seen = defaultdict(set)
    for case in CASES:
        seen[case.code].add(case.expected)
    lacking = [
        code
        for code in crew_codes()
        if not seen[code] & {Color.GREEN, None}
        or not (seen[code] & {Color.AMBER, Color.RED} or code in NEVER_WORSE_THAN_GREEN)
    ]

    assert lacking == []
    assert set(crew_codes()) == set(CODES)


def test_every_rule_with_an_input_that_may_be_missing_is_asked_without_it():
    asked = {case.code for case in CASES if case.stage == Stage.PLANNING}

    assert set(CODES) - asked == WITHOUT_UNKNOWN


def test_a_green_crew_is_green():
    found = {code: worst(found) for code, found in findings(GREEN).items() if code in CODES}

    assert {code: color for code, color in found.items() if color != Color.GREEN} == {}
    assert len(found) > len(CODES) / 2


def test_495_hours_and_a_trip_of_six_point_two_are_red_with_the_numbers():
    facts = trip(pic(quarters=quarters({"2026-1": 495.0}), sectors=(sector(1, START, 372),)))

    found = [f for f in findings(facts)["FAR-135.267-QTR"] if f.color == Color.RED]

    assert [(f.citation, f.limit, f.value, f.is_absolute) for f in found] == [
        ("14 CFR 135.267(a)(1)", 500, 501.2, False)
    ]
    assert found[0].message == (
        "Commercial flying of Pat Pilot in Q1 2026 with this trip: 501.20 h; the limit is 500 h."
    )


def test_a_trip_over_the_edge_of_a_quarter_counts_in_each_what_falls_into_it():
    edge = START.replace(month=4, day=1, hour=0)
    across = sector(1, edge.replace(month=3, day=31, hour=23), 240)
    facts = trip(pic(sectors=(across,), quarters=quarters({"2026-1": 499, "2026-2": 497})))

    own = [f for f in findings(facts)["FAR-135.267-QTR"] if "Pat" in f.message]

    assert [(f.value, f.color) for f in own] == [(500.0, Color.AMBER), (500.0, Color.AMBER)]


def test_an_override_lets_hours_pass_and_never_a_license():
    much = trip(pic(quarters=quarters({"2026-1": 498.0}), papers=()))
    granted = tuple(
        Override(rule=code, reason="Organ on ice", granted_by="Chief")
        for code in ("FAR-135.267-QTR", "FAR-135.243-ATP", "FAR-61.23-MED")
    )

    found = findings(much, overrides=granted)

    assert worst(found["FAR-135.267-QTR"]) == Color.AMBER
    assert found["FAR-135.267-QTR"][0].overridden_reason == "Chief: Organ on ice"
    assert worst(found["FAR-135.243-ATP"]) == Color.RED
    assert worst(found["FAR-61.23-MED"]) == Color.RED


def test_an_operator_may_set_a_stricter_limit():
    facts = trip(pic(quarters=quarters({"2026-1": 447.0})))
    own = {"FAR-135.267-QTR": {"max_h": 449.0}}

    assert color("FAR-135.267-QTR", facts) == Color.GREEN
    assert color("FAR-135.267-QTR", facts, parameters=own) == Color.RED


ABOUT_THE_FLIGHT = {
    "FAR-135.109-PIC",
    "FAR-135.99-SIC",
    "FAR-135.265",
    "FAR-135.267-REGDUTY",
    "FAR-61.57E3",
}


@pytest.mark.parametrize("code", sorted(set(CODES) - ABOUT_THE_FLIGHT))
def test_every_finding_about_somebody_names_them(code):
    aircraft = ("N350AA", "B350", "TR-2026-0001")
    for case in CASES:
        if case.code != code:
            continue
        names = [*(m.name for m in case.facts.crew), *aircraft]
        for finding in findings(case.facts, stage=case.stage, at=case.at).get(code, []):
            assert any(name in finding.message for name in names), finding.message


def test_after_the_flight_the_rules_about_the_crew_are_silent():
    found = findings(trip(pic(quarters=quarters({"2026-1": 999.0}))), stage=Stage.POST)

    assert set(found) & set(CODES) == set()


@pytest.mark.parametrize("case", CASES[::7], ids=lambda case: case.id)
def test_facts_survive_storage_and_answer_the_same(case):
    stored = msgspec.convert(msgspec.to_builtins(case.facts), TripFacts)

    assert findings(stored, stage=case.stage, at=case.at) == findings(
        case.facts, stage=case.stage, at=case.at
    )


def test_facts_of_which_nothing_is_known_are_never_green_at_release():
    bare = msgspec.structs.replace(
        trip(msgspec.structs.replace(pic(), papers=(), checks=(), declared=(), quarters=())),
        flying=FlyingFacts(),
    )

    assert not [
        code
        for code in ("FAR-135.267-QTR", "FAR-135.293", "FAR-61.23-MED", "FAR-135.247-DAY")
        if color(code, bare, at=NOW) != Color.RED
    ]
