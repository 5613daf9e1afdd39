"""A short run of `python -m benchmarks.schemathesis`: each document, a case for each operation."""

import sys
from typing import Any

import pytest
from rest_framework.response import Response

from airports.views.routes import DistanceViewSet, SunViewSet
from benchmarks.fuzzing import fuzz
from tests.architecture.permission_world import full_world

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CASES_EACH = 1


@pytest.mark.slow
@pytest.mark.parametrize("document", ["swagger", "openapi"])
def test_every_operation_answers_as_documented(
    django_db_setup: None,
    django_db_blocker: Any,
    capsys: pytest.CaptureFixture[str],
    settings: Any,
    document: str,
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    with django_db_blocker.unblock(), full_world() as world:
        tally = fuzz(world.headers, world.key, examples=CASES_EACH, document=document)
    with capsys.disabled():
        sys.stdout.write(f"\n{tally.text()}\n")

    assert tally.is_clean, tally.text()
    assert tally.cases >= CASES_EACH * 800


def test_what_answers_otherwise_than_documented_is_told(
    django_db_setup: None, django_db_blocker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a view that breaks, and one that answers what no document knows."""
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(SunViewSet, "list", lambda self, request: 1 / 0)
    monkeypatch.setattr(DistanceViewSet, "create", lambda self, request: Response({}, status=418))
    with django_db_blocker.unblock(), full_world() as world:
        sun = fuzz(world.headers, world.key, examples=2, only="/airports/sun/")
        distance = fuzz(world.headers, world.key, examples=2, only="/airports/distance/")

    assert not sun.is_clean
    # What is asked wrongly is refused before it reaches the view.
    assert sum(sun.server_errors.values()) >= 1
    assert not distance.is_clean
    assert sum(distance.undocumented.values()) >= 1
