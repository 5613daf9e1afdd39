import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.compliance.findings import Stage
from common.compliance.service import assess, judge
from tests.operations.factories import NOW, TripFactory

pytestmark = pytest.mark.django_db
SUBJECT = "operations.trip"


def test_smoke():
    trip = TripFactory(legs=2)
    for f in assess(SUBJECT, trip.pk, stage=Stage.RELEASE, at=NOW).assessment.findings:
        print(f.rule, f.color.value, f.message)
    with CaptureQueriesContext(connection) as q:
        judge(SUBJECT, [trip.pk], stage=Stage.RELEASE, at=NOW)
    print(len(q))
    assert 0
