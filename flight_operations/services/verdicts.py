from datetime import datetime

from common.compliance.findings import Stage
from common.compliance.service import assess, record
from common.models import Verdict
from flight_operations.models import SMSHazardRegister, SMSIncidentReport


def first_verdict(entry: SMSHazardRegister | SMSIncidentReport, *, at: datetime) -> Verdict:
    """Judge a new hazard or incident; later touches and the passing of time keep it up to date."""
    judged = assess(entry._meta.label_lower, entry.pk, stage=Stage.POST, at=at)
    return record([judged])[entry.pk]
