"""Where an offer meets the compliance rules: when it is priced and before it is sent."""

from datetime import datetime

from common.compliance.findings import Color, Stage
from common.compliance.service import assess, findings_of, record
from common.compliance.subjects import subjects
from common.models import Verdict
from operations.exceptions import OfferNotPermitted
from operations.models import QuoteVersion

SUBJECT = "operations.quoteversion"


def judge_offer(version: QuoteVersion, *, at: datetime) -> Verdict | None:
    """
    Assess an offer afresh and keep the verdict on it, under the locks of aircraft and quote.

    None where no rules read offers. The caller saves the version.
    """
    if SUBJECT not in subjects:
        return None
    verdict = record([assess(SUBJECT, version.pk, stage=Stage.PLANNING, at=at)])[version.pk]
    version.verdict = verdict
    return verdict


def require_permitted(version: QuoteVersion, *, at: datetime) -> None:
    """Raise OfferNotPermitted, with the findings, for an offer on which a rule is red."""
    verdict = judge_offer(version, at=at)
    if verdict is None or verdict.color != Color.RED:
        return
    red = [each for each in findings_of(verdict) if each.color == Color.RED]
    raise OfferNotPermitted(
        offer=str(version),
        rules=", ".join(each.rule for each in red),
        findings=[each.message for each in red],
    )
