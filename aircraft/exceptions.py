from common.exceptions import DomainError


class AircraftRetired(DomainError):
    code = "aircraft_retired"
    message = "{aircraft} is retired."


class AircraftNotAirworthy(DomainError):
    code = "aircraft_not_airworthy"
    message = "{aircraft} cannot return to service: {reasons}."


class AircraftBooked(DomainError):
    code = "aircraft_booked"
    message = "{aircraft} is still booked {count} times; release the bookings first."


class HoursAlreadyRecorded(DomainError):
    code = "hours_already_recorded"
    message = "{source} is already recorded with other figures; correct entry {sequence} instead."


class CorrectionRefused(DomainError):
    code = "correction_refused"
    message = "Entry {sequence} cannot be corrected so: {reason}."


class NotExtendable(DomainError):
    code = "deferral_not_extendable"
    message = "The deferral of {defect} cannot be extended: {reason}."


class DeferralTooLate(DomainError):
    code = "deferral_too_late"
    message = "{defect} was found on {found_on}; its repair interval was over on {limit_on}."


class TaskInactive(DomainError):
    code = "maintenance_task_inactive"
    message = "{title} is no longer in use."


class PeriodOver(DomainError):
    code = "period_over"
    message = "A stay in maintenance cannot be booked in the past."


class PerformanceUnknown(DomainError):
    code = "performance_unknown"
    message = "{reason}."


class VisitNotBegun(DomainError):
    code = "visit_not_begun"
    message = "{visit} begins on {start}; cancel it instead."


class VisitOver(DomainError):
    code = "visit_over"
    message = "{visit} is {status} and cannot be moved."


class UnusableFile(DomainError):
    """A file that is not the one it was said to be, and the line where that shows."""

    status = 400
    code = "unusable_file"
    message = "{name}, line {line}: {reason}"


class DirectivesIncomplete(DomainError):
    """A list that lost much of what it had: most likely it was cut off."""

    code = "directives_incomplete"
    message = "{removed} of {held} directives would leave the list; say that it may shrink."
