from datetime import timedelta
from typing import Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Color, Override, Stage
from common.compliance.registry import rules_by_facts
from flight_operations.facts.operation import OperationFacts
from rpas.rules.registration import AIRCRAFT_RULES, OPERATOR_RULES
from tests.flight_operations.rules.green import GREEN, NOW, START, changed, findings, worst
from tests.flight_operations.rules.test_rules import CASES

RULES = {rule.code: rule for rule in rules_by_facts[OperationFacts]}
OPTIONAL = {
    name
    for name, hint in get_type_hints(OperationFacts).items()
    if get_origin(hint) in (Union, type(int | None)) and type(None) in get_args(hint)
}
ALL_FACTS = [case.facts for case in CASES if isinstance(case.facts, OperationFacts)]
# A gap in these is itself the answer, amber at worst: nobody needs a forecast or a log to fly.
SAYS_ITSELF = {"local_observation", "log", "release", "impact_energy_j", "max_distance_observer_m"}
# Asked only near a tower, a landing site or people; the tables ask there.
CONDITIONAL = {
    ("MOS-4-CTRL-PATH7", "airspace"),
    ("MOS-4-CTRL-PATH7", "path_aerodromes"),
    ("MOS-4-CTRL-PATH85", "airspace"),
    ("MOS-4-CTRL-PATH85", "path_aerodromes"),
    ("MOS-4-CTRL-PATH85", "max_height_agl_m"),
    # The height of the ground is asked only below clouds; the tables of weather ask there.
    ("WXD-CEIL", "take_off_elevation_m"),
    ("WXD-CEIL", "terrain_highest_m"),
    ("CASR-101.095-VMC", "take_off_elevation_m"),
    ("CASR-101.095-VMC", "terrain_highest_m"),
    ("MOS-4-NONCTRL", "is_crewed_traffic_known"),
    ("CASR-101.238-PEOPLE", "take_off_mass_kg"),
    ("DIR-20/25-ZONE", "take_off_mass_kg"),
}
ALWAYS_NEEDED = OPTIONAL - SAYS_ITSELF - {"path_aerodromes", "is_crewed_traffic_known"}
ALWAYS_NEEDED -= {"max_distance_pilot_m", "take_off_elevation_m", "terrain_lowest_m"}
ALWAYS_NEEDED -= {"terrain_highest_m", "launch_lon", "recovery_lon"}
OUTDOORS = [facts for facts in ALL_FACTS if not facts.is_enclosed]
QUESTIONS = [
    (rule.code, name)
    for rule in RULES.values()
    for name in rule.inputs
    if name in OPTIONAL - SAYS_ITSELF and (rule.code, name) not in CONDITIONAL
]


@pytest.mark.parametrize(("code", "name"), QUESTIONS)
def test_without_an_input_a_rule_that_was_green_is_not(code, name):
    before = findings(GREEN)
    if worst(before.get(code, [])) != Color.GREEN:
        return
    without = findings(changed(GREEN, **{name: None}))

    assert worst(without.get(code, [])) != Color.GREEN
    assert worst([f for found in without.values() for f in found]) != Color.GREEN


@settings(max_examples=150, deadline=None)
@given(
    facts=st.sampled_from(OUTDOORS),
    removed=st.sets(st.sampled_from(sorted(ALWAYS_NEEDED)), min_size=1, max_size=6),
    stage=st.sampled_from([Stage.PLANNING, Stage.RELEASE]),
)
def test_less_knowledge_never_makes_an_operation_go(facts, removed, stage):
    known = evaluate(facts, stage=stage, at=NOW)
    blind = evaluate(changed(facts, **dict.fromkeys(removed)), stage=stage, at=NOW)

    assert SEVERITY[blind.color] >= SEVERITY[Color.AMBER]
    if known.color == Color.RED and stage == Stage.RELEASE:
        assert blind.color == Color.RED


@settings(max_examples=150, deadline=None)
@given(
    facts=st.sampled_from(ALL_FACTS),
    stage=st.sampled_from(list(Stage)),
    minutes=st.integers(-10_000, 10_000),
)
def test_the_answer_is_a_pure_function_of_facts_stage_and_time(facts, stage, minutes):
    at = START + timedelta(minutes=minutes)
    stored = msgspec.json.decode(msgspec.json.encode(facts))

    again = msgspec.convert(stored, OperationFacts)

    assert again == facts
    assert evaluate(again, stage=stage, at=at) == evaluate(facts, stage=stage, at=at)


@settings(max_examples=100, deadline=None)
@given(facts=st.sampled_from(ALL_FACTS))
def test_release_is_never_milder_than_planning(facts):
    planning = evaluate(facts, stage=Stage.PLANNING, at=NOW)
    release = evaluate(facts, stage=Stage.RELEASE, at=NOW)

    assert SEVERITY[release.color] >= SEVERITY[planning.color]


@pytest.mark.parametrize("code", sorted(c for c in RULES if RULES[c].absolute_because))
def test_no_override_helps_against_an_absolute_rule(code):
    override = Override(rule=code, reason="Hurry", granted_by="Chief")
    reds = [
        c.facts
        for c in CASES
        if c.code == code and c.expected == Color.RED and c.facts in ALL_FACTS
    ]

    for facts in reds[:3]:
        found = evaluate(facts, stage=Stage.RELEASE, at=NOW, overrides=[override]).findings
        assert worst([f for f in found if f.rule == code]) in (Color.RED, None)


def test_a_rule_that_is_not_absolute_may_be_overridden():
    override = Override(rule="WXD-WIND", reason="Tethered", granted_by="Chief")
    facts = changed(GREEN, aircraft__max_wind_ms=1.0)

    found = evaluate(facts, stage=Stage.RELEASE, at=NOW, overrides=[override]).findings

    (wind,) = [f for f in found if f.rule == "WXD-WIND"]
    assert (wind.color, wind.overridden_reason) == (Color.AMBER, "Chief: Tethered")


def test_every_finding_that_is_not_green_says_what_to_do():
    silent = {
        finding.rule
        for facts in ALL_FACTS
        for stage in (Stage.PLANNING, Stage.RELEASE)
        for finding in evaluate(facts, stage=stage, at=NOW).findings
        if finding.color != Color.GREEN
        and not finding.fix
        and not finding.is_missing_input
        and finding.rule in RULES
        and finding.rule not in {**AIRCRAFT_RULES, **OPERATOR_RULES}
    }

    assert silent == set()
