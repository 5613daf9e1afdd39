from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from tests.flight_operations.operations.scene import Scene, make_scene


@pytest.fixture
def desk(db: None, now: datetime) -> Iterator[Scene]:
    """An operator's scene at the moment of the story, for calls over HTTP."""
    with time_machine.travel(now, tick=False):
        yield make_scene()
