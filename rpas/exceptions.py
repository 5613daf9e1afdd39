from common.exceptions import DomainError


class NoReferenceNumber(DomainError):
    code = "no_reference_number"
    message = "{person} has no aviation reference number (ARN) on file and cannot certify."


class NotAuthorizedToCertify(DomainError):
    status = 403
    code = "not_authorized_to_certify"
    message = (
        "{person} is not the maintenance controller of {operator} and has no leave to certify."
    )


class TechnicalLogNotIssuable(DomainError):
    code = "technical_log_not_issuable"
    message = "Part A of {aircraft} cannot be issued: {reasons}."


class DraftExists(DomainError):
    code = "technical_log_draft_exists"
    message = "{aircraft} already has the draft {number}."


class AircraftRetired(DomainError):
    code = "aircraft_retired"
    message = "{aircraft} is retired."


class AircraftNotServiceable(DomainError):
    code = "aircraft_not_serviceable"
    message = "{aircraft} has {count} open major defects and cannot return to service."


class DefectsNotChecked(DomainError):
    code = "defects_not_checked"
    message = "The daily inspection must look at every open minor defect; not listed: {missing}."


class MajorDefectNotDeferrable(DomainError):
    code = "major_defect_not_deferrable"
    message = "A major defect grounds the aircraft until it is rectified; it cannot be deferred."


class FlightAlreadyRecorded(DomainError):
    code = "flight_already_recorded"
    message = "The flight of operation {operation} is already in the technical log."


class CorrectionRefused(DomainError):
    code = "correction_refused"
    message = "Entry {sequence} cannot be corrected so: {reason}."


class NotConditional(DomainError):
    code = "maintenance_not_conditional"
    message = "{title} is not due by a condition."


class MaintenanceInactive(DomainError):
    code = "maintenance_inactive"
    message = "{title} is no longer in use."


class BatteryNotInService(DomainError):
    code = "battery_not_in_service"
    message = "Battery {battery} is {status} and cannot be fitted."


class OtherOperator(DomainError):
    code = "other_operator"
    message = "{record} belongs to another operator."


class PostTaken(DomainError):
    code = "key_post_double_booked"
    message = "The post {post} is already held by {holder} in that period."


class PeriodEnded(DomainError):
    code = "period_ended"
    message = "This ended on {ended}."


class ChangeAlreadyRecorded(DomainError):
    code = "change_already_recorded"
    message = "This change was {deed} on {on}."
