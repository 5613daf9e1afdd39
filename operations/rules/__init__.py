from operations.rules import (
    airfields,
    alternates,
    ambulance,
    arrangements,
    care,
    documents,
    fleet,
    hazards,
    minima,
    wind,
)

__all__ = [
    "airfields",
    "alternates",
    "ambulance",
    "arrangements",
    "care",
    "documents",
    "fleet",
    "hazards",
    "minima",
    "wind",
]
