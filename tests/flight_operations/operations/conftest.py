from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime

import pytest
import time_machine
from rest_framework.test import APIClient

from tests.conftest import NOW
from tests.flight_operations.operations.scene import Scene, make_scene
from tests.flight_operations.people import member


@pytest.fixture(scope="module")
def kept_desk(kept_rows: None) -> Scene:
    """The scene that the module's tests share."""
    with time_machine.travel(NOW, tick=False):
        return make_scene()


@pytest.fixture
def desk(kept_desk: Scene, db: None, now: datetime) -> Iterator[Scene]:
    """An operator's scene at the moment of the story, for calls over HTTP."""
    with time_machine.travel(now, tick=False):
        yield deepcopy(kept_desk)


@pytest.fixture
def crew(client_for: Callable[..., APIClient], desk: Scene) -> APIClient:
    """One client that may do everything to the operator's operations."""
    verbs = ("add", "view", "plan", "submit", "review", "release", "start", "land", "log")
    names = [f"{name}_flightoperation" for name in (*verbs, "finalise", "cancel")]
    return client_for(member(desk.operator, *names, "view_pilotlogentry"))
