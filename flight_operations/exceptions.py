from common.exceptions import DomainError


class OperationNotReleasable(DomainError):
    code = "operation_not_releasable"
    message = "{operation} cannot be released. Red findings: {count}."


class OperationNotAuthorisable(DomainError):
    code = "operation_not_authorisable"
    message = "{operation} cannot be authorised. Red findings: {count}."


class AcknowledgementMissing(DomainError):
    code = "acknowledgement_missing"
    message = "{operation} cannot be released: {count} amber findings are not acknowledged."


class ReleaseMissing(DomainError):
    code = "release_missing"
    message = "{operation} has no live release."


class PlanChanged(DomainError):
    code = "plan_changed"
    message = "{operation} is not planned as it was released."


class OperationNotStartable(DomainError):
    code = "operation_not_startable"
    message = "{operation} cannot start. Findings in the way: {count}."


class StillInTheAir(DomainError):
    code = "still_in_the_air"
    message = "{operation} cannot start: {who} is in the air on {elsewhere}. Land that one first."


class OutsidePlannedWindow(DomainError):
    code = "outside_planned_window"
    message = "{operation} may start between {earliest} and {latest}; it is {now}."


class NotAmendable(DomainError):
    code = "not_amendable"
    message = "An operation that is {status} can no longer be amended."


class ChecklistIncomplete(DomainError):
    code = "checklist_incomplete"
    message = "The pre-flight checklist of {operation} has open or failed items: {items}."


class LandedBeforeStart(DomainError):
    status = 400
    code = "landed_before_start"
    message = "The landing at {landed} is not between the start at {started} and now."


class AuthorizationNotAmendable(DomainError):
    code = "authorization_not_amendable"
    message = "An authorization that is {status} can no longer be amended."


class ChecklistMissing(DomainError):
    code = "checklist_missing"
    message = "{operation} has no pre-flight checklist."


class ChecklistExists(DomainError):
    code = "checklist_exists"
    message = "{operation} already has a pre-flight checklist."


class ChecklistNotPossible(DomainError):
    code = "checklist_not_possible"
    message = "An operation that is {status} takes no pre-flight checklist."


class ChecklistFrozen(DomainError):
    code = "checklist_frozen"
    message = "The pre-flight checklist of {operation} was frozen at {frozen}."


class ItemAlreadyAnswered(DomainError):
    code = "item_already_answered"
    message = "{item} was already answered; say that this is a correction to replace the answer."


class AssessmentNotAmendable(DomainError):
    code = "assessment_not_amendable"
    message = "A risk assessment that is {status} can no longer be amended."


class AssessmentEmpty(DomainError):
    code = "assessment_empty"
    message = "{assessment} names no hazard."


class AssessmentAlreadyReplaced(DomainError):
    code = "assessment_already_replaced"
    message = "{assessment} is already being replaced by {replacement}."


class ApprovalLevelTooLow(DomainError):
    """A residual risk may be accepted only by whoever holds a high enough post."""

    status = 403
    code = "approval_level_too_low"
    message = "A residual risk that is {index} is accepted by {needed}; you sign as {held}."


class ExtremeRiskNotMitigated(DomainError):
    code = "extreme_risk_not_mitigated"
    message = "An extreme residual risk needs controls before anybody may accept it."


class HazardNotAmendable(DomainError):
    code = "hazard_not_amendable"
    message = "A hazard that is {status} can no longer be amended."


class HazardNotAssessed(DomainError):
    code = "hazard_not_assessed"
    message = "{hazard} has no residual likelihood and severity to accept."


class IncidentNotAmendable(DomainError):
    code = "incident_not_amendable"
    message = "An incident that is {status} can no longer be amended."


class IncidentNotClosable(DomainError):
    code = "incident_not_closable"
    message = "{incident} cannot be closed: {open} is still to be done."


class AlreadyNotified(DomainError):
    code = "already_notified"
    message = "The {channel} report of {incident} is already recorded."


class NotificationNotDue(DomainError):
    code = "notification_not_due"
    message = "{incident} is not a matter to be reported to the ATSB."


class TelemetryNotAccepted(DomainError):
    code = "telemetry_not_accepted"
    message = "{operation} is {status}; positions are taken while it is active."


class DeviceNotForOperation(DomainError):
    status = 403
    code = "device_not_for_operation"
    message = "The device {device} may not send positions of {operation}."


class LogNotImportable(DomainError):
    status = 400
    code = "log_not_importable"
    message = "{reason}"


class AlertAlreadyAcknowledged(DomainError):
    code = "alert_already_acknowledged"
    message = "The alert was acknowledged at {at}."
