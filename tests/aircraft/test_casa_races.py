"""Two imports of CASA's list at once."""

import json
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest
from django.db import IntegrityError

from aircraft.models import AirworthinessDirective
from aircraft.services import casa
from tests.common.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(tmp_path):
    row = {"ID": 1, "ADNUMBER": "2", "FOLDERNAME": "GEN", "Authority": "CASA", "Status": "Active"}
    found = tmp_path / "combinedadweb.json"
    found.write_text(json.dumps({"DATA": [{**row, "ID": n} for n in range(1, 4)]}))
    return found


def test_of_two_imports_at_once_the_second_finds_what_the_first_stored(path, now):
    reports = at_once(*[lambda: casa.import_directives(path, at=now) for _ in range(3)])

    assert sorted((len(each.added), each.unchanged) for each in reports) == [(0, 3), (0, 3), (3, 0)]
    assert AirworthinessDirective.objects.count() == 3


def test_control_without_the_lock_the_second_would_fail(path, now):
    gate = Barrier(2)

    def meet(step, done, total):
        if (step, done) == ("Directives stored", 0):
            with suppress(BrokenBarrierError):
                gate.wait(timeout=3)

    with patch.object(casa, "_hold"):
        outcomes = at_once(
            *[lambda: casa.import_directives(path, at=now, tell=meet) for _ in range(2)]
        )

    assert [type(each) for each in outcomes].count(IntegrityError) == 1
