from django.utils import timezone

from common.compliance.events import VerdictsStale
from common.compliance.service import recompute
from common.events import handles


@handles(VerdictsStale)
def make_stale_verdicts_again(event: VerdictsStale) -> None:
    """Recompute what a change left stale."""
    recompute(event.state_ids, at=timezone.now())
