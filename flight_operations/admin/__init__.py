from flight_operations.admin import (
    authorizations,
    checklists,
    operations,
    risk_assessments,
    safety,
)

__all__ = ["authorizations", "checklists", "operations", "risk_assessments", "safety"]
