from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.compliance.engine import evaluate
from common.compliance.findings import SEVERITY, Assessment, Color, Finding, Override, Stage
from common.compliance.registry import Parameter, rule
from tests.common.compliance.thing import NOW, ThingFacts

AGREED = Override(rule="T-HEIGHT", reason="Tower agreed", granted_by="Chief")


def colors(facts, *, stage=Stage.RELEASE, **more):
    found = evaluate(facts, stage=stage, at=NOW, **more).findings
    return [(finding.rule, finding.color) for finding in found]


@given(st.lists(st.sampled_from(list(Color)), max_size=8))
def test_the_worst_finding_decides_and_none_at_all_is_red(wanted):
    findings = tuple(Finding(color=color, message="") for color in wanted)

    worst = max(wanted, key=SEVERITY.__getitem__, default=Color.RED)
    assert Assessment(findings=findings).color == worst


def test_a_missing_input_is_amber_while_planning_and_red_at_release(world):
    assert colors(ThingFacts(), stage=Stage.PLANNING) == [("T-HEIGHT", Color.AMBER)]
    assert colors(ThingFacts(), stage=Stage.RELEASE) == [("T-HEIGHT", Color.RED)]
    assert colors(ThingFacts(), stage=Stage.INFLIGHT) == [("T-HEIGHT", Color.RED)]


def test_a_rule_that_fails_is_red(world):
    assert colors(ThingFacts(height_m=1.0, note="boom")) == [
        ("T-HEIGHT", Color.GREEN),
        ("T-NOTE", Color.RED),
    ]


def test_an_override_turns_red_into_amber_and_names_who_and_why(world):
    (finding,) = evaluate(
        ThingFacts(height_m=130.0), stage=Stage.RELEASE, at=NOW, overrides=[AGREED]
    ).findings

    assert finding.color == Color.AMBER
    assert finding.overridden_reason == "Chief: Tower agreed"


def test_an_absolute_rule_stays_red_whatever_was_overridden(world):
    anyway = Override(rule="T-NOTE", reason="Hurry", granted_by="Chief")

    assert ("T-NOTE", Color.RED) in colors(ThingFacts(note="stop"), overrides=[anyway])


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 3, 31), [("T-HEIGHT", Color.GREEN)]),
        (date(2026, 4, 1), [("T-HEIGHT", Color.GREEN), ("T-HEIGHT", Color.AMBER)]),
    ],
)
def test_a_rule_whose_instrument_lapsed_is_amber(world, on, expected):
    assert colors(ThingFacts(rule_date=on, height_m=1.0)) == expected


@pytest.mark.parametrize(
    ("on", "applies"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_rule_outside_its_dates_is_not_asked(world, on, applies):
    found = colors(ThingFacts(rule_date=on, height_m=1.0, note="stop"))

    assert (("T-NOTE", Color.RED) in found) is applies


def test_an_operators_own_value_is_used(world):
    own = {"T-HEIGHT": {"max_m": 100.0}}

    assert colors(ThingFacts(height_m=110.0), parameters=own) == [("T-HEIGHT", Color.RED)]


@pytest.mark.parametrize(("strict", "sign"), [("lower", 1), ("higher", -1)])
@given(change=st.floats(min_value=-1e6, max_value=1e6))
def test_a_value_is_never_laxer_than_the_law(strict, sign, change):
    limit = Parameter(100.0, strict, "m")

    assert limit.allows(100.0 + change) is (sign * (100.0 + change) <= sign * 100.0)


def test_a_code_is_registered_once_and_its_inputs_exist(world):
    usual = {"title": "", "citation": "", "confidence": "design", "facts": ThingFacts}
    with pytest.raises(ValueError, match="registered twice"):
        rule("T-NOTE", inputs=(), **usual)(lambda facts, context: None)
    with pytest.raises(ValueError, match="lack"):
        rule("T-NEW", inputs=("nothing",), **usual)(lambda facts, context: None)
