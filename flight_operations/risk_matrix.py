"""The 5x5 risk matrix: likelihood and severity in, risk index and who must accept it out. Pure."""

from enum import IntEnum, StrEnum


class Likelihood(StrEnum):
    """How often the event must be expected (ICAO Doc 9859 attachment)."""

    CERTAIN = "A"
    LIKELY = "B"
    POSSIBLE = "C"
    UNLIKELY = "D"
    EXCEPTIONAL = "E"


class Severity(IntEnum):
    """How bad the worst credible outcome is, 1 to 5."""

    INSIGNIFICANT = 1
    MINOR = 2
    MODERATE = 3
    MAJOR = 4
    CATASTROPHIC = 5


class RiskIndex(StrEnum):
    """How bad a risk is, worst first."""

    EXTREME = "Extreme"
    HIGH = "High"
    MODERATE = "Moderate"
    LOW = "Low"
    NEGLIGIBLE = "Negligible"


class AcceptanceLevel(StrEnum):
    """The lowest level of management that may accept a risk."""

    TOP_MANAGEMENT = "top_management"
    SENIOR_MANAGEMENT = "senior_management"
    DEPARTMENT = "department"
    NOBODY = "nobody"


ACCEPTED_BY = {
    RiskIndex.EXTREME: AcceptanceLevel.TOP_MANAGEMENT,
    RiskIndex.HIGH: AcceptanceLevel.SENIOR_MANAGEMENT,
    RiskIndex.MODERATE: AcceptanceLevel.DEPARTMENT,
    RiskIndex.LOW: AcceptanceLevel.NOBODY,
    RiskIndex.NEGLIGIBLE: AcceptanceLevel.NOBODY,
}
_SENIORITY = {
    AcceptanceLevel.NOBODY: 0,
    AcceptanceLevel.DEPARTMENT: 1,
    AcceptanceLevel.SENIOR_MANAGEMENT: 2,
    AcceptanceLevel.TOP_MANAGEMENT: 3,
}

_N, _L, _M, _H, _X = (
    RiskIndex.NEGLIGIBLE,
    RiskIndex.LOW,
    RiskIndex.MODERATE,
    RiskIndex.HIGH,
    RiskIndex.EXTREME,
)
_MATRIX = {
    Likelihood.CERTAIN: (_M, _M, _H, _X, _X),
    Likelihood.LIKELY: (_L, _M, _M, _H, _X),
    Likelihood.POSSIBLE: (_L, _L, _M, _M, _H),
    Likelihood.UNLIKELY: (_N, _L, _L, _M, _M),
    Likelihood.EXCEPTIONAL: (_N, _N, _L, _L, _M),
}


def index(likelihood: str, severity: int) -> RiskIndex:
    """
    Read the risk index off the matrix; likelihood `A` to `E`, severity 1 to 5.

    Raises ValueError for anything else: a risk is never guessed.
    """
    return _MATRIX[Likelihood(likelihood)][Severity(severity) - 1]


def may_accept(level: str, risk: RiskIndex) -> bool:
    """Say whether a level of management is high enough to accept a risk."""
    return _SENIORITY[AcceptanceLevel(level)] >= _SENIORITY[ACCEPTED_BY[risk]]
