"""How much a sheet of many rows asks of the database, and what it leaves behind."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.imports import running
from common.imports.kinds import import_kinds
from common.imports.sheets import read_sheet
from common.models import ComplianceState
from rpas.models import RPASAircraft
from tests.rpas.factories import OperatorFactory
from tests.users.factories import UserFactory

pytestmark = pytest.mark.django_db
NAMES = ("operator", "registration", "serial_number", "make", "model", "kind")


@pytest.fixture
def root():
    OperatorFactory(name="Harbour Drones")
    return UserFactory(is_superuser=True)


def sheet(*registrations, heaviest="9.2"):
    head = ",".join((*NAMES, "empty_mass_kg", "mtow_kg"))
    rows = [
        f"Harbour Drones,{name},S{place}-{name},DJI,M350,multirotor,6.5,{heaviest}"
        for place, name in enumerate(registrations)
    ]
    return read_sheet("\n".join([head, *rows]).encode())


def taken(root, now, rows):
    kind = import_kinds()["drones"]
    return running.take_rows(kind, rows, digest=None, source="a test", actor=root, at=now)


def test_a_drone_more_asks_few_statements_more(root, now):
    counts = []
    for size in (10, 30):
        names = [f"RP-{size}{place:02d}" for place in range(size)]
        with CaptureQueriesContext(connection) as asked:
            taken(root, now, sheet(*names))
        counts.append(len(asked))

    assert (counts[1] - counts[0]) / 20 <= 20


def test_each_new_drone_has_its_verdict_when_the_sheet_is_taken(root, now):
    taken(root, now, sheet("RP-1", "RP-2"))

    drones = RPASAircraft.objects.order_by("registration")
    states = ComplianceState.objects.filter(
        subject_type="rpas.rpasaircraft", subject_id__in=[each.pk for each in drones]
    )
    assert [each.registration for each in drones] == ["RP-1", "RP-2"]
    assert [each.color for each in states] == ["red", "red"]
    assert not states.filter(is_stale=True).exists()


def test_a_refused_row_leaves_no_verdict_of_the_others(root, now):
    before = ComplianceState.objects.count()
    rows = sheet("RP-1", "RP-1")

    report = running.try_rows(import_kinds()["drones"], rows, actor=root, at=now)

    assert [each.result for each in report.outcomes] == ["new", "refused"]
    assert ComplianceState.objects.count() == before


def test_judging_counts_towards_the_time_a_sheet_may_take(root, now, monkeypatch):
    clock = iter([0.0, 1.0, 2.0, 1_000.0])
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: next(clock)))

    with pytest.raises(running.ImportTooLong):
        taken(root, now, sheet("RP-1", "RP-2"))

    assert not RPASAircraft.objects.exists()
