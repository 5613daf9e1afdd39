"""The gate of crewed flying: one function at quote, booking, crew assignment and release."""

from datetime import datetime

from common.compliance.findings import Stage
from common.compliance.service import Judged
from common.models import Verdict
from operations.exceptions import NotLegal
from operations.models import QuoteVersion, Trip
from operations.services.assessment import assess_subject, plain, record_assessment


def require_no_red(
    subject: Trip | QuoteVersion, *, stage: Stage, at: datetime, doing: str
) -> Verdict:
    """
    Judge a trip or an offer afresh and store the verdict; refuse while a finding is red.

    Call it inside the transaction that takes the step, after its locks and changes: it sees what
    would be committed, so that a crew member just assigned counts. `doing` is the step in the past
    participle: sent, booked, crewed, released. A finding that somebody overrode is amber already.

    Raises NotLegal with the red findings: rule, citation, limit, value.
    """
    judged = assess_subject(subject, stage=stage, at=at)
    refuse_red(subject, judged, doing=doing)
    return record_assessment(judged)


def refuse_red(subject: Trip | QuoteVersion, judged: Judged, *, doing: str) -> None:
    """Raise NotLegal with the red findings of an assessment, where it has any."""
    blockers = judged.assessment.blockers
    if blockers:
        raise NotLegal(
            subject=str(subject),
            doing=doing,
            stage=str(judged.stage.value),
            count=len(blockers),
            findings=plain(blockers),
        )
