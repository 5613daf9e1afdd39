"""A short run of `python -m benchmarks.schemathesis`: a few cases for every operation."""

import sys
from typing import Any

import pytest

from benchmarks.fuzzing import fuzz
from tests.architecture.permission_world import full_world

CASES_EACH = 2


@pytest.mark.slow
def test_every_operation_answers_as_documented(
    django_db_setup: None,
    django_db_blocker: Any,
    capsys: pytest.CaptureFixture[str],
    settings: Any,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with django_db_blocker.unblock(), full_world() as world:
        tally = fuzz(world.headers, world.key, examples=CASES_EACH)
    with capsys.disabled():
        sys.stdout.write(f"\n{tally.text()}\n")

    assert tally.is_clean
    assert tally.cases >= CASES_EACH * 220
