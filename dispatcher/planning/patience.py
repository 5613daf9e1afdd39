"""How long somebody waits for explanations, and how far they went in that time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from dispatcher.planning.model import Looked, Relaxation


def endless() -> bool:
    """There is all the time it takes."""
    return False


@dataclass(slots=True)
class Patience:
    """So many seconds from now, unless somebody stops it; without a number, all it takes."""

    seconds: float | None = None
    cancelled: Callable[[], bool] = endless
    begun: float = field(default_factory=time.monotonic)

    def is_over(self) -> bool:
        """Whether to stop; asked between the steps of one explanation, too."""
        if self.cancelled():
            return True
        return self.seconds is not None and time.monotonic() - self.begun >= self.seconds


class Sought(NamedTuple):
    """What would serve a task, as far as it was looked for; what is there was confirmed."""

    relaxations: tuple[Relaxation, ...]
    looked: Looked
