from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.compliance.engine import evaluate
from common.compliance.findings import Color, Stage
from common.compliance.service import (
    due_states,
    findings_of,
    judge,
    recompute,
    record,
    replay,
    settle,
    touch,
)
from common.models import ComplianceState, OutboxEvent, RuleOverride, RuleSetting, Verdict
from tests.common.compliance.thing import LABEL, NOW, SCOPE, ThingFacts, registered_world
from tests.common.concurrency import at_once
from tests.users.factories import UserFactory

GOOD, BAD = ThingFacts(height_m=100.0), ThingFacts(height_m=130.0)


def assessed(*ids, at=NOW):
    return record(judge(LABEL, ids, stage=Stage.RELEASE, at=at).values())


def state(pk=1):
    return ComplianceState.objects.get(subject_type=LABEL, subject_id=pk)


@pytest.mark.django_db
def test_a_change_marks_only_what_rests_on_it(world):
    world.facts = {1: GOOD, 2: GOOD}
    assessed(1, 2)

    touch("thing:2", because="edited")

    assert not state(1).is_stale
    assert state(2).is_stale
    assert state(2).stale_because == "edited"


@pytest.mark.django_db
def test_making_it_again_clears_the_mark_and_tells_what_changed(world):
    world.facts = {1: GOOD}
    assessed(1)
    world.facts = {1: BAD}
    touch("weather:YTST")
    before = OutboxEvent.objects.filter(name="common.verdict_changed").count()

    assert recompute([state().pk], at=NOW + timedelta(minutes=1)) == 1

    assert not state().is_stale
    assert state().color == Color.RED
    assert OutboxEvent.objects.filter(name="common.verdict_changed").count() == before + 1


@pytest.mark.django_db
def test_the_same_answer_again_is_told_to_nobody(world):
    world.facts = {1: GOOD}
    assessed(1)
    before = OutboxEvent.objects.filter(name="common.verdict_changed").count()

    assessed(1, at=NOW + timedelta(minutes=1))

    assert OutboxEvent.objects.filter(name="common.verdict_changed").count() == before


@pytest.mark.django_db(transaction=True)
def test_a_change_while_we_assess_keeps_the_mark(world):
    world.facts = {1: GOOD}
    assessed(1)

    world.while_collecting = lambda: at_once(lambda: touch("thing:1", because="meanwhile"))
    assessed(1, at=NOW + timedelta(seconds=1))

    assert state().is_stale
    assert state().stale_because == "meanwhile"
    world.while_collecting = None
    assessed(1, at=NOW + timedelta(seconds=2))
    assert not state().is_stale


@pytest.mark.django_db(transaction=True)
def test_touch_and_record_at_once_never_lose_the_mark(world):
    world.facts = {1: GOOD}
    assessed(1)
    for second in range(10):
        judged = judge(LABEL, [1], stage=Stage.RELEASE, at=NOW + timedelta(seconds=second))

        at_once(lambda: touch("thing:1"), lambda found=judged: record(found.values()))

        assert state().is_stale, second


def moved(world, stage):
    """Another transaction moves the record and stores the verdict of its new stage."""
    hook, world.while_collecting = world.while_collecting, None
    world.stages[1] = stage
    if stage is None:
        settle(LABEL, 1)
    else:
        record(judge(LABEL, [1], stage=stage, at=NOW + timedelta(seconds=2)).values())
    world.while_collecting = hook


@pytest.mark.django_db(transaction=True)
def test_a_release_while_we_assess_is_not_written_over_with_a_plan(world):
    world.facts, world.stages = {1: GOOD}, {1: Stage.PLANNING}
    record(judge(LABEL, [1], stage=Stage.PLANNING, at=NOW).values())
    touch("thing:1")
    world.while_collecting = lambda: at_once(lambda: moved(world, Stage.RELEASE))

    assert recompute([state().pk], at=NOW + timedelta(seconds=3)) == 0

    assert state().verdict.stage == Stage.RELEASE
    assert not state().is_stale
    assert Verdict.objects.filter(stage=Stage.PLANNING).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_record_that_is_settled_while_we_assess_stays_settled(world):
    world.facts = {1: GOOD}
    assessed(1)
    touch("thing:1")
    kept = state().verdict_id
    world.while_collecting = lambda: at_once(lambda: moved(world, None))

    assert recompute([state().pk], at=NOW + timedelta(seconds=3)) == 0

    assert (state().dependencies, state().verdict_id, state().is_stale) == ([], kept, False)


@pytest.mark.django_db
def test_a_verdict_is_made_again_at_the_stage_where_its_record_stands(world):
    world.facts, world.stages = {1: GOOD}, {1: Stage.POST}
    assessed(1)
    touch("thing:1")

    assert recompute([state().pk], at=NOW) == 1

    assert state().verdict.stage == Stage.POST


@pytest.mark.django_db
def test_what_is_over_is_settled_and_asked_for_no_more(world):
    world.facts, world.stages = {1: GOOD}, {1: None}
    assessed(1)
    touch("thing:1")

    assert recompute([state().pk], at=NOW) == 0

    assert state().dependencies == []
    assert due_states(now=NOW + timedelta(days=9)) == []


@pytest.mark.django_db
def test_a_verdict_is_due_when_its_time_comes(world):
    world.facts = {1: GOOD}
    world.next_change_at = NOW + timedelta(minutes=10)
    assessed(1)

    assert due_states(now=NOW + timedelta(minutes=9)) == []
    assert due_states(now=NOW + timedelta(minutes=10)) == [state().pk]


@pytest.mark.django_db
def test_a_stale_verdict_is_swept_up_when_its_event_was_lost(world):
    world.facts = {1: GOOD}
    assessed(1)
    touch("thing:1")
    since = state().stale_since

    assert due_states(now=since + timedelta(seconds=1)) == []
    assert due_states(now=since + timedelta(seconds=6)) == [state().pk]


@pytest.mark.django_db
def test_judging_many_needs_no_more_statements(world):
    world.facts = dict.fromkeys(range(1, 101), GOOD)
    counts = []
    for size in (1, 10, 100):
        with CaptureQueriesContext(connection) as queries:
            judge(LABEL, range(1, size + 1), stage=Stage.RELEASE, at=NOW)
        counts.append(len(queries))

    assert len(set(counts)) == 1


@pytest.mark.django_db
def test_parameters_and_overrides_are_stored_and_replayed(world):
    world.facts = {1: ThingFacts(height_m=110.0)}
    chief = UserFactory()
    setting = RuleSetting.objects.create(
        scope=SCOPE, rule="T-HEIGHT", parameter="max_m", value=100.0, set_by=chief, set_at=NOW,
        reason="Manual",
    )  # fmt: skip
    RuleOverride.objects.create(
        subject_type=LABEL, subject_id=1, scope=SCOPE, rule="T-HEIGHT", reason="Agreed",
        granted_by=chief, granted_at=NOW,
    )  # fmt: skip
    verdict = assessed(1)[1]
    setting.delete()
    RuleOverride.objects.update(withdrawn_at=NOW)

    verdict = Verdict.objects.get(pk=verdict.pk)

    assert verdict.color == Color.AMBER
    assert replay(verdict).findings == findings_of(verdict)


@pytest.mark.django_db
def test_a_stored_value_laxer_than_the_law_is_not_used(world):
    world.facts = {1: BAD}
    RuleSetting.objects.create(
        scope=SCOPE, rule="T-HEIGHT", parameter="max_m", value=150.0, set_by=UserFactory(),
        set_at=NOW, reason="From before",
    )  # fmt: skip

    assert assessed(1)[1].color == Color.RED


class AnyOrder(RuleBasedStateMachine):
    """Inputs, touches, recomputation and clock jumps in any order."""

    @initialize()
    def begin(self):
        self.registration = registered_world()
        self.world = next(self.registration)
        self.world.facts = {1: GOOD}
        self.now = NOW
        assessed(1)

    @rule(
        height=st.one_of(st.none(), st.floats(0, 300)), note=st.sampled_from(["", "stop", "boom"])
    )
    def change(self, height, note):
        self.world.facts = {1: ThingFacts(height_m=height, note=note)}
        touch("thing:1")

    @rule()
    def make_again(self):
        recompute([state().pk], at=self.now)

    @rule(minutes=st.integers(-600, 600))
    def clock_jumps(self, minutes):
        self.now += timedelta(minutes=minutes)

    @invariant()
    def a_fresh_color_is_a_pure_function_of_the_facts(self):
        current = state()
        if not current.is_stale:
            facts = self.world.facts[1]
            again = evaluate(facts, stage=Stage.RELEASE, at=current.assessed_at)
            assert current.color == again.color
            assert current.color != Color.GREEN or facts.height_m is not None

    def teardown(self):
        next(self.registration, None)
        ComplianceState.objects.filter(subject_type=LABEL).delete()


@pytest.mark.django_db
def test_no_order_of_events_leaves_a_wrong_fresh_color():
    machine = AnyOrder.TestCase()
    machine.settings = settings(
        max_examples=25,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    machine.runTest()
