from django.utils import timezone

from common.compliance.events import VerdictChanged
from common.events import handles
from common.models import Verdict
from flight_operations.models import FlightOperation
from flight_operations.services.assessment import SUBJECT
from flight_operations.services.releases import recheck_release


@handles(VerdictChanged)
def hold_new_verdict_against_the_release(event: VerdictChanged) -> None:
    """Revoke a release that the new verdict of its operation no longer supports."""
    if event.subject_type != SUBJECT:
        return
    operation = FlightOperation.objects.filter(pk=event.subject_id).first()
    if operation is not None:
        verdict = Verdict.objects.get(pk=event.verdict_id)
        recheck_release(operation, verdict, at=timezone.now())
