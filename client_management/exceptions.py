from common.exceptions import DomainError


class OrganizationNotActive(DomainError):
    code = "client_not_active"
    message = "{organization} is {status}: no work is taken on for it."


class NotOnboarded(DomainError):
    """What the onboarding of a client still lacks is in `details.missing`."""

    code = "client_not_onboarded"
    message = "{organization} lacks: {missing}."


class ClientHasWork(DomainError):
    code = "client_has_work"
    message = "{organization} has {count} jobs under way."


class ContractNotDraft(DomainError):
    code = "contract_in_force"
    message = "{contract} is {status}: it is ended and replaced, never changed."


class NoContract(DomainError):
    code = "no_contract"
    message = "No contract or standard terms in {currency} stand on {on}."


class PriceNotOnFile(DomainError):
    code = "price_not_on_file"
    message = "{contract} has {reason}."


class PriceEnded(DomainError):
    code = "price_ended"
    message = "The price ends on {until} already."


class EndsInThePast(DomainError):
    status = 400
    code = "ends_in_the_past"
    message = "What was priced stays as it was: end it on {today} or later."


class UnitDoesNotFit(DomainError):
    status = 400
    code = "unit_does_not_fit"
    message = "A price for {kind} is per {units}, not per {unit}."


class StaffHaveNoPortalAccess(DomainError):
    code = "staff_have_no_portal_access"
    message = "Somebody who works here does not enter by the clients' door."


class AccessRevoked(DomainError):
    code = "access_revoked"
    message = "The access was taken away; invite the person again."


class AlreadyInvited(DomainError):
    code = "already_invited"
    message = "There is an open invitation to that address."


class AlreadyHasAccess(DomainError):
    code = "already_has_access"
    message = "The person has access to this client's portal."


class InvitationClosed(DomainError):
    status = 410
    code = "invitation_closed"
    message = "The invitation was taken up, taken back or ran out."


class InvitationForSomebodyElse(DomainError):
    status = 403
    code = "invitation_for_somebody_else"
    message = "The invitation is for another address."


class RequestNotEditable(DomainError):
    code = "request_not_editable"
    message = "A request that is {status} is not changed."


class RequestNotReady(DomainError):
    code = "request_not_ready"
    message = "{request} is {status}: it is not to be assessed or priced."


class NotAssessed(DomainError):
    code = "not_assessed"
    message = "{request} was not assessed as it stands now."


class NotFeasible(DomainError):
    """The findings that forbid it are in `details.findings`."""

    code = "not_feasible"
    message = "{request} cannot be flown as asked. Findings that forbid it: {count}."


class QuoteSent(DomainError):
    code = "quote_sent"
    message = "{quote} was sent; price the request anew."


class QuoteNotOpen(DomainError):
    code = "quote_not_open"
    message = "{quote} is {status}: it is not to be answered."


class QuoteExpired(DomainError):
    code = "quote_expired"
    message = "{quote} was good until {until}."


class QuoteStillValid(DomainError):
    code = "quote_still_valid"
    message = "{quote} is good until {until}."


class ContentDiffers(DomainError):
    code = "content_differs"
    message = "What is answered is not {quote} as it was sent."


class TaxNotNegotiable(DomainError):
    status = 400
    code = "tax_not_negotiable"
    message = "A tax follows from the lines; it takes no amount of its own."


class NotAllowedToApprove(DomainError):
    status = 403
    code = "not_allowed_to_approve"
    message = "This access does not let quotes be answered."


class AboveApprovalLimit(DomainError):
    status = 403
    code = "above_approval_limit"
    message = "{total} is more than this access may approve ({limit})."


class PurchaseOrderMissing(DomainError):
    status = 400
    code = "purchase_order_missing"
    message = "{organization} orders with a purchase order number only."


class JobNotPlannable(DomainError):
    code = "job_not_plannable"
    message = "A job that is {status} takes no operations."


class NothingToPlan(DomainError):
    code = "nothing_to_plan"
    message = "All of {job} is planned."


class CannotBePlanned(DomainError):
    code = "cannot_be_planned"
    message = "{job} cannot be cut into operations: {reason}."


class NothingToHandOver(DomainError):
    code = "nothing_to_hand_over"
    message = "{job} has no operation that is still to be flown."


class FlightInProgress(DomainError):
    code = "flight_in_progress"
    message = "{operation} of this job is in the air."


class WorkNotFlown(DomainError):
    code = "work_not_flown"
    message = "{job} is flown to {percent} %; say why it is delivered all the same."


class CreditLimitReached(DomainError):
    code = "credit_limit_reached"
    message = (
        "{organization} stands to pay {exposure} already; with {job} ({agreed}) that is more than"
        " its limit of {limit}."
    )


class MilestonesDoNotAddUp(DomainError):
    code = "milestones_do_not_add_up"
    message = "The milestones of {job} come to {sum}, not {agreed}."


class MilestoneReached(DomainError):
    code = "milestone_reached"
    message = "The milestone was reached already."


class CostVoided(DomainError):
    code = "cost_voided"
    message = "The cost was taken back already."


class NotAcceptedYet(DomainError):
    code = "job_not_accepted"
    message = "{job} is {status}: it is billed when the client has accepted it."


class AlreadyBillable(DomainError):
    code = "already_billable"
    message = "{job} can be billed as it is."
