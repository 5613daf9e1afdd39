from collections.abc import Iterator

import pytest

from tests.common.compliance.thing import World, registered_world


@pytest.fixture
def world() -> Iterator[World]:
    yield from registered_world()
