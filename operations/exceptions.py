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


class ApprovalNotAsked(DomainError):
    code = "approval_not_asked"
    message = "Only a decision with conditions, or one that reverses another, is approved."


class ReviewApproved(DomainError):
    code = "review_approved"
    message = "The decision is approved already."


class OwnReview(DomainError):
    """A second person looks at what the first one decided."""

    status = 403
    code = "own_review"
    message = "Whoever decided does not approve it too."


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


class ControlDutyOver(DomainError):
    code = "control_duty_over"
    message = "The control duty is {status}: its times stand."


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


class AircraftNotAble(DomainError):
    code = "aircraft_not_able"
    message = "{aircraft} cannot fly what is asked for."


class PriceNotOnFile(DomainError):
    code = "price_not_on_file"
    message = "{reason}."


class CurrencyMismatch(DomainError):
    code = "currency_mismatch"
    message = "{reason}."


class RateCardNotForThis(DomainError):
    code = "rate_card_not_for_this"
    message = "Card {card} is {reason}."


class OfferSent(DomainError):
    code = "offer_sent"
    message = "{offer} was sent and never changes; price a new version."


class OfferNotSent(DomainError):
    code = "offer_not_sent"
    message = "{offer} was never sent."


class OfferOutdated(DomainError):
    code = "offer_outdated"
    message = "{offer} was planned before what is asked for was changed; price it again."


class RequestNotServed(DomainError):
    """`findings` are what is left open: places, times, the patient or the passengers."""

    code = "request_not_served"
    message = "{offer} does not fly what was asked for; plan it anew, or say why it is sent so."


class OfferSuperseded(DomainError):
    code = "offer_superseded"
    message = "{offer} was replaced by a newer version."


class OfferReplaced(OfferSuperseded):
    """What the link of an offer answers once a newer version went out."""

    status = 410
    message = "{offer} no longer stands: version {newest} took its place at {sent_at}."


class OfferTakenBack(OfferSuperseded):
    """What the link of an offer answers while nothing newer went out in its place."""

    status = 410
    message = "{offer} was taken back; another offer, if there is one, has a link of its own."


class OfferExpired(DomainError):
    code = "offer_expired"
    message = "{offer} was valid until {until}."


class OfferClosed(DomainError):
    code = "offer_closed"
    message = "{offer} cannot be answered: the quote is {status}."


class OfferStillValid(DomainError):
    code = "offer_still_valid"
    message = "{offer} is valid until {until}."


class ContentDiffers(DomainError):
    code = "content_differs"
    message = "What is to be accepted is not what {offer} says; read it again."


class TaxNotNegotiable(DomainError):
    code = "tax_not_negotiable"
    message = "A tax follows from what is charged; change a line that it is reckoned on."


class DeclinesNotAcknowledged(DomainError):
    code = "declines_not_acknowledged"
    message = "Earlier refusals near the same place or of the same patient must be acknowledged."


class RequestSettled(DomainError):
    code = "request_settled"
    message = "{quote} is {status}; the request cannot be changed."


class NotLegal(DomainError):
    """The gate of every step of a trip: `findings` are the red ones, with citation and limit."""

    code = "not_legal"
    message = "{subject} cannot be {doing}. Red findings: {count}."


class AcknowledgementsMissing(DomainError):
    code = "acknowledgement_missing"
    message = "{trip} cannot be {doing}: {count} amber findings are not acknowledged, {rules}."


class CrewNotAnswered(DomainError):
    code = "crew_not_answered"
    message = "{trip} cannot be released: {people} did not answer yet."


class ReleaseOutdated(DomainError):
    code = "release_outdated"
    message = "{trip} is not planned as it was released; release it again."


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


class OwnSignature(DomainError):
    """A second person looks at a risk that the first one signed for (14 CFR 135.617)."""

    status = 403
    code = "own_signature"
    message = "Whoever signed the risk worksheet of {trip} does not approve it too."


class NotPilotInCommand(DomainError):
    """Only the pilot in command of the first leg signs the risk analysis (135.617(d))."""

    status = 403
    code = "not_pilot_in_command"
    message = "Only the pilot in command of the first leg of {trip} may sign."


class EvidenceExists(DomainError):
    code = "evidence_exists"
    message = "{trip} already has this on record; withdraw it first."


class AlreadyWithdrawnEvidence(DomainError):
    code = "already_withdrawn"
    message = "The evidence is already withdrawn."


class NotPriced(DomainError):
    code = "not_priced"
    message = "{trip} has no accepted offer; bill its actuals or its expenses."


class NotFlownYet(DomainError):
    code = "not_flown_yet"
    message = "{trip} is {status}; its actuals stand when it is closed."


class CardUnclear(DomainError):
    code = "card_unclear"
    message = "{trip} has no offer, and its customer {count} rate cards that could apply, not one."


class BilledOtherwise(DomainError):
    code = "billed_otherwise"
    message = "{trip} has {what} on another bill already; void that one first."


class OccurrenceNotAmendable(DomainError):
    code = "occurrence_not_amendable"
    message = "An occurrence that is {status} stands as it is; reopen the investigation."


class NoticeNotDue(DomainError):
    code = "notice_not_due"
    message = "{occurrence} asks for no such notice or report."


class BoardAlreadyTold(DomainError):
    code = "board_already_told"
    message = "The {what} of {occurrence} is recorded already."


class OccurrenceNotClosable(DomainError):
    code = "occurrence_not_closable"
    message = "{occurrence} cannot be closed: {open} missing."


class BreachNotAmendable(DomainError):
    code = "breach_not_amendable"
    message = "{breach} is {status} and stands as it is."
