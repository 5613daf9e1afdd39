from dispatcher.models.assignment import Assignment, AssignmentStatus
from dispatcher.models.center import DispatchCenter, ResourceProfile
from dispatcher.models.demand import OperationDemand
from dispatcher.models.event import (
    DispatchEvent,
    DispatchEventNote,
    EventKind,
    EventSeverity,
    EventStatus,
)
from dispatcher.models.metrics import MetricsSpan, OperationalMetrics
from dispatcher.models.notice import DispatchNotice, NoticeKind
from dispatcher.models.run import LIVE_RUNS, OptimizationRun, RunKind, RunStatus
from dispatcher.models.schedule import OPEN_SCHEDULES, DispatchSchedule, ScheduleStatus
from dispatcher.models.webhook import NoticeWebhook, WebhookStatus

__all__ = [
    "LIVE_RUNS",
    "OPEN_SCHEDULES",
    "Assignment",
    "AssignmentStatus",
    "DispatchCenter",
    "DispatchEvent",
    "DispatchEventNote",
    "DispatchNotice",
    "DispatchSchedule",
    "EventKind",
    "EventSeverity",
    "EventStatus",
    "MetricsSpan",
    "NoticeKind",
    "NoticeWebhook",
    "OperationDemand",
    "OperationalMetrics",
    "OptimizationRun",
    "ResourceProfile",
    "RunKind",
    "RunStatus",
    "ScheduleStatus",
    "WebhookStatus",
]
