from datetime import timedelta

import pytest

from common.compliance.findings import Stage
from common.compliance.service import judge, record, touch
from common.queries import compliance_summary
from tests.common.compliance.thing import LABEL, NOW, ThingFacts
from tests.users.factories import UserFactory


@pytest.mark.django_db
def test_a_verdict_that_time_has_overtaken_counts_as_stale_before_a_job_notices(world):
    reader = UserFactory(is_superuser=True)
    world.facts = {pk: ThingFacts(height_m=100.0) for pk in (1, 2)}
    world.next_change_at = NOW + timedelta(hours=1)
    record(judge(LABEL, [1, 2], stage=Stage.RELEASE, at=NOW).values())
    touch("thing:2")

    in_time = compliance_summary(reader, now=NOW)
    too_late = compliance_summary(reader, now=NOW + timedelta(hours=1))

    kind = {"subject_type": LABEL, "amber": 0, "red": 0}
    assert list(in_time) == [{**kind, "green": 1, "stale": 1}]
    assert list(too_late) == [{**kind, "green": 0, "stale": 2}]
