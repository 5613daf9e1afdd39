from common.exceptions import DomainError


class PatientOnFile(DomainError):
    code = "patient_on_file"
    message = "Somebody of this record number, or name and birth date, is on file: search first."


class FieldWithheld(DomainError):
    """A field is changed by who may see it, so that nothing is written over unseen."""

    status = 403
    code = "field_withheld"
    message = "You may not see, and so not change, {fields}."


class RequirementFlown(DomainError):
    code = "requirement_flown"
    message = "The flight it was made for is over; set a new one."


class TripOver(DomainError):
    code = "trip_over"
    message = "{trip} is {status}: its passengers stand as they are."


class QuoteNotBookable(DomainError):
    code = "quote_not_bookable"
    message = "{quote} cannot be booked: {reason}."


class TripNotAmendable(DomainError):
    code = "trip_not_amendable"
    message = "A trip that is {status} can no longer be changed in this way."


class TripMoved(DomainError):
    code = "trip_moved"
    message = "{trip} was given another aircraft at this moment; try again."


class HoldExpired(DomainError):
    code = "hold_expired"
    message = "The hold of {trip} ended at {at}."


class PlaceTaken(DomainError):
    code = "place_taken"
    message = "{role} on {leg} is already taken."


class NotYourPlace(DomainError):
    """Only the person asked accepts or declines, and reports for a duty of their own."""

    status = 403
    code = "not_your_place"
    message = "That is for the person themselves."


class LegNotCrewable(DomainError):
    code = "leg_not_crewable"
    message = "{leg} is {status}; nobody is put on it or taken off it any more."


class OnDuty(DomainError):
    code = "on_duty"
    message = "{person} has reported for duty."


class MovementOutOfOrder(DomainError):
    code = "movement_out_of_order"
    message = "{leg}: {reason}."


class MovementMissing(DomainError):
    code = "movement_missing"
    message = "{leg} has no {movement} to correct."


class LegsOpen(DomainError):
    code = "legs_open"
    message = "{trip} has flights that are not over: {legs}."


class ReferenceMissing(DomainError):
    status = 400
    code = "reference_missing"
    message = "A confirmed service needs its reference."


class NothingToRecheck(DomainError):
    code = "nothing_to_recheck"
    message = "Nothing changed since this service was confirmed."


class ClosingIncomplete(DomainError):
    code = "closing_incomplete"
    message = "{trip} cannot be closed: {reason}."


class AlreadyCorrected(DomainError):
    code = "already_corrected"
    message = "This entry was already corrected; correct the newer one."


class FeedRevoked(DomainError):
    code = "feed_revoked"
    message = "This calendar address was already revoked."
