from collections import defaultdict

import pytest
from msgspec.structs import replace

from aircraft.rules.basis import CREWED_AIRCRAFT_RULES
from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from common.compliance.registry import rules_by_facts
from operations.facts.trip import TripFacts
from tests.operations.gate import (
    cases_control,
    cases_flight,
    cases_occurrences,
    cases_papers,
    cases_weather,
)
from tests.operations.gate.green import GREEN, NOW, color

CASES = [
    *cases_weather.CASES,
    *cases_flight.CASES,
    *cases_papers.CASES,
    *cases_control.CASES,
    *cases_occurrences.CASES,
]
OF_THE_AIRCRAFT = set(CREWED_AIRCRAFT_RULES)
OWN = [
    rule
    for rule in rules_by_facts[TripFacts]
    if rule.check.__module__.removeprefix("operations.rules.")
    in (
        "airfields",
        "alternates",
        "ambulance",
        "arrangements",
        "care",
        "control",
        "documents",
        "hazards",
        "minima",
        "occurrences",
        "opening",
        "wind",
    )
]


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: f"{n}-{CASES[n].code}")
def test_rule_answers(number):
    case = CASES[number]

    assert color(case.code, case.facts) == case.expected
    planning = case.expected if case.planning == "same" else case.planning
    assert color(case.code, case.facts, stage=Stage.PLANNING) == planning


def test_every_rule_of_the_gate_has_a_case_that_passes_and_one_that_does_not():
    seen = defaultdict(set)
    for case in CASES:
        seen[case.code].add(case.expected)
    lacking = [
        rule.code
        for rule in OWN
        if Color.GREEN not in seen[rule.code] or not seen[rule.code] & {Color.AMBER, Color.RED}
    ]

    assert lacking == []
    assert len(OWN) == 61


def test_nothing_is_to_say_about_the_green_trip():
    found = evaluate(GREEN, stage=Stage.RELEASE, at=NOW).findings

    ours = [f for f in found if f.rule in {rule.code for rule in OWN} | OF_THE_AIRCRAFT]
    assert {f.rule: f.message for f in ours if f.color != Color.GREEN} == {}


def test_the_rules_of_the_fleet_are_asked_for_the_aircraft_of_the_trip():
    asked = {rule.code for rule in rules_by_facts[TripFacts]}

    assert asked >= OF_THE_AIRCRAFT


def test_absolute_rules_say_why():
    absolute = {rule.code: rule.absolute_because for rule in OWN if rule.is_absolute}

    assert all(absolute.values())
    assert set(absolute) == {
        "FAR-135.609",
        "FAR-135.617-PRA",
        "MED-DECISION",
        "OPS-LEGS",
        "OPS-WEIGHT",
        "OPSPEC-A021",
        "OPSPEC-A024",
    }


def test_every_rule_names_its_source_and_condition():
    for rule in OWN:
        assert rule.citation
        assert rule.explanation


def test_a_refusal_is_shown_before_anybody_has_filled_the_worksheet_in():
    facts = replace(GREEN, worksheet=None, refusals_nearby=2)

    found = evaluate(facts, stage=Stage.RELEASE, at=NOW).findings

    said = [(f.color, f.is_missing_input) for f in found if f.rule == "FAR-135.617-PRA"]
    assert said == [(Color.RED, True), (Color.AMBER, False)]
