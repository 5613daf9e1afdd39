from common.exceptions import DomainError


class UnitDoesNotFit(DomainError):
    status = 400
    code = "unit_does_not_fit"
    message = "A price for {kind} is per {units}, not per {unit}."


class RateEnded(DomainError):
    code = "rate_ended"
    message = "It ends on {until} already."


class EndsInThePast(DomainError):
    code = "ends_in_the_past"
    message = "What stood until {today} has been used; it can end on that day or later."
