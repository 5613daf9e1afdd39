from flight_operations.admin import (
    authorizations,
    checklists,
    operations,
    risk_assessments,
    safety,
    telemetry,
)

__all__ = ["authorizations", "checklists", "operations", "risk_assessments", "safety", "telemetry"]
