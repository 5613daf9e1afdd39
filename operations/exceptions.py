from common.exceptions import DomainError


class NotLegal(DomainError):
    """The gate of every step of a trip: `findings` are the red ones, with citation and limit."""

    code = "not_legal"
    message = "{subject} cannot be {doing}: {count} findings are red."


class AcknowledgementsMissing(DomainError):
    code = "acknowledgement_missing"
    message = "{trip} cannot be released: {count} amber findings are not acknowledged."


class FlightReleaseMissing(DomainError):
    code = "release_missing"
    message = "{trip} has no live release."


class WorksheetIncomplete(DomainError):
    code = "worksheet_incomplete"
    message = "The risk worksheet of {trip} has open questions: {factors}."


class WorksheetExists(DomainError):
    code = "worksheet_exists"
    message = "{trip} already has a risk worksheet."


class WorksheetNotSigned(DomainError):
    code = "worksheet_not_signed"
    message = "The risk worksheet of {trip} is not signed for the plan as it stands."


class ApprovalNotNeeded(DomainError):
    code = "approval_not_needed"
    message = "The risk score {score} is not above the threshold {threshold}."


class AlreadyApproved(DomainError):
    code = "already_approved"
    message = "The risk of {trip} is already approved."


class NotPilotInCommand(DomainError):
    """Only the pilot in command of the first leg signs the risk analysis (135.617(d))."""

    status = 403
    code = "not_pilot_in_command"
    message = "Only the pilot in command of the first leg of {trip} may sign."


class TripNotAmendable(DomainError):
    code = "trip_not_amendable"
    message = "A trip that is {status} can no longer be changed."


class EvidenceExists(DomainError):
    code = "evidence_exists"
    message = "{trip} already has this on record; withdraw it first."


class AlreadyWithdrawnEvidence(DomainError):
    code = "already_withdrawn"
    message = "The evidence is already withdrawn."
