from dispatcher.admin.live import (
    DispatchEventAdmin,
    DispatchNoticeAdmin,
    OperationalMetricsAdmin,
)

__all__ = ["DispatchEventAdmin", "DispatchNoticeAdmin", "OperationalMetricsAdmin"]
