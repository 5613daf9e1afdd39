from common.models.base import BaseModel
from common.models.booking import ResourceBooking
from common.models.compliance import ComplianceState, RuleOverride, RuleSetting, Verdict
from common.models.idempotency import IdempotencyKey
from common.models.mail import Mail, MailStatus, SuppressedAddress
from common.models.outbox import Delivery, Heartbeat, NumberSeries, OutboxEvent
from common.models.records import AuditEvent, AuditLink, StatusChange

__all__ = [
    "AuditEvent",
    "AuditLink",
    "BaseModel",
    "ComplianceState",
    "Delivery",
    "Heartbeat",
    "IdempotencyKey",
    "Mail",
    "MailStatus",
    "NumberSeries",
    "OutboxEvent",
    "ResourceBooking",
    "RuleOverride",
    "RuleSetting",
    "StatusChange",
    "SuppressedAddress",
    "Verdict",
]
