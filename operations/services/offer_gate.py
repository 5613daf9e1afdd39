"""Where an offer meets the compliance rules: when it is priced and before it is sent."""

from datetime import datetime

from common.compliance.findings import Stage
from common.models import Verdict
from operations.models import QuoteVersion
from operations.services.assessment import (
    assess_offer,
    record_assessment,
    settle_older_offers,
)
from operations.services.gate import require_no_red


def judge_offer(version: QuoteVersion, *, at: datetime) -> Verdict:
    """
    Assess an offer afresh and keep the verdict on it, under the locks of aircraft and quote.

    A red one may be priced, so that it can be shown and overridden; older ones of its quote are
    judged no more. The caller saves the version.
    """
    settle_older_offers(version)
    version.verdict = record_assessment(assess_offer(version, stage=Stage.PLANNING, at=at))
    return version.verdict


def require_permitted(version: QuoteVersion, *, at: datetime) -> None:
    """No offer is sent on which a rule is red. The caller saves the version. Raises NotLegal."""
    version.verdict = require_no_red(version, stage=Stage.PLANNING, at=at, doing="sent")
