import pytest

from common.compliance.service import NotReplayable, replay
from common.models import Verdict
from tests.common.compliance.thing import LABEL, NOW, SCOPE


def verdict(**changes):
    given = {
        "subject_type": LABEL,
        "subject_id": 1,
        "scope": SCOPE,
        "stage": "planning",
        "color": "green",
        "assessed_at": NOW,
        "facts": {"height_m": 100.0},
        "parameters": {"T-HEIGHT": {"max_m": 120.0}},
        "rule_versions": {},
        "findings": [],
    }
    return Verdict(**{**given, **changes})


def test_a_verdict_is_evaluated_again_from_its_own_facts(world):
    assert {finding.rule for finding in replay(verdict()).findings} >= {"T-HEIGHT"}


@pytest.mark.parametrize(
    "changes", [{"subject_type": "tests.gone"}, {"facts": {"height_m": "as tall as a house"}}]
)
def test_facts_that_no_rule_reads_any_more_are_refused(world, changes):
    with pytest.raises(NotReplayable) as refusal:
        replay(verdict(**changes))

    assert refusal.value.status == 409
