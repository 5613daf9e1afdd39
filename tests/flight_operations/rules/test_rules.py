from collections import defaultdict

import pytest

from common.compliance.findings import Color
from common.compliance.registry import rules_by_facts
from flight_operations.facts.operation import OperationFacts
from flight_operations.facts.safety import HazardFacts, IncidentFacts, RiskFacts
from tests.flight_operations.rules import (
    cases_aerodromes,
    cases_categories,
    cases_conditions,
    cases_records,
    cases_safety,
    cases_sight,
    cases_weather,
)
from tests.flight_operations.rules.green import color

CASES = [
    *cases_categories.CASES,
    *cases_conditions.CASES,
    *cases_aerodromes.CASES,
    *cases_sight.CASES,
    *cases_records.CASES,
    *cases_weather.CASES,
    *cases_safety.CASES,
]
KINDS = (OperationFacts, RiskFacts, HazardFacts, IncidentFacts)
# A weight band names the category; only the large one can be refused.
NEVER_WORSE_THAN_GREEN = {
    "CASR-101.022-MICRO",
    "CASR-101.022-VSMALL",
    "CASR-101.022-SMALL",
    "CASR-101.022-MEDIUM",
    "TSI-TYPE2",
    "TSI-NONE",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_rule_answers(case):
    answer = color(case.code, case.facts, stage=case.stage, at=case.at, parameters=case.parameters)

    assert answer == case.expected


def test_every_rule_has_a_case_that_passes_and_one_that_does_not():
    seen = defaultdict(set)
    for case in CASES:
        seen[type(case.facts), case.code].add(case.expected)
    lacking = []
    for kind in KINDS:
        for rule in rules_by_facts[kind]:
            colors = seen[kind, rule.code]
            passes = bool(colors & {Color.GREEN, Color.AMBER, None})
            fails = bool(colors & {Color.AMBER, Color.RED})
            if not passes or not (fails or rule.code in NEVER_WORSE_THAN_GREEN):
                lacking.append(rule.code)

    assert lacking == []
