from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
import time_machine

from tests.conftest import NOW
from tests.dispatcher.scene import Desk, make_desk


@pytest.fixture(autouse=True)
def short_searches(settings: Any) -> None:
    """A search by count, in this process: the same plan each time, in a moment."""
    settings.DISPATCH_ITERATIONS = 60
    settings.DISPATCH_PROCESSES = 1


@pytest.fixture(scope="module")
def kept_desk(kept_rows: None) -> Desk:
    """The desk that the module's tests share."""
    with time_machine.travel(NOW, tick=False):
        return make_desk()


@pytest.fixture
def desk(kept_desk: Desk, db: None, now: datetime) -> Iterator[Desk]:
    """The desk at the moment of the story."""
    with time_machine.travel(now, tick=False):
        yield deepcopy(kept_desk)
