from common.exceptions import DomainError


class UnitDoesNotFit(DomainError):
    status = 400
    code = "unit_does_not_fit"
    message = "A price for {kind} is per {units}, not per {unit}."


class ReportTooLong(DomainError):
    status = 400
    code = "report_too_long"
    message = "The report would have more than {most} rows; narrow it by days or currency."


class RateEnded(DomainError):
    code = "rate_ended"
    message = "It ends on {until} already."


class EndsInThePast(DomainError):
    code = "ends_in_the_past"
    message = "What stood until {today} has been used; it can end on that day or later."


class AccountInUse(DomainError):
    code = "account_in_use"
    message = "{account} is needed by the books and stays in use."


class EntryUnbalanced(DomainError):
    status = 400
    code = "entry_unbalanced"
    message = "Entry {entry} is out of balance by {difference} {currency}."


class InvoiceIssuedAlready(DomainError):
    code = "invoice_issued"
    message = "{invoice} is issued; credit it instead."


class InvoiceNotOpen(DomainError):
    code = "invoice_not_open"
    message = "{invoice} is {status}; nothing is owed on it."


class AlreadyBilled(DomainError):
    code = "already_billed"
    message = "{work} of {subject} is billed by {invoice} already."


class NothingToBill(DomainError):
    code = "nothing_to_bill"
    message = "There is nothing to bill of {subject} on that basis."


class NotBillable(DomainError):
    status = 400
    code = "not_billable"
    message = "{subject} cannot be billed on {basis}."


class PaymentConflicts(DomainError):
    code = "payment_conflicts"
    message = "{provider} payment {reference} is on file with another amount."


class RefundTooLarge(DomainError):
    code = "refund_too_large"
    message = "No more than {left} {currency} of {payment} can go back."


class CreditTooLarge(DomainError):
    code = "credit_too_large"
    message = "No more than {left} {currency} can be credited{of}."


class NotEnough(DomainError):
    code = "not_enough"
    message = "Only {left} {currency} are there, not {amount}."


class OtherParty(DomainError):
    code = "other_party"
    message = "{thing} is {party}'s, not who has to pay {invoice}."


class CurrenciesDiffer(DomainError):
    code = "currencies_differ"
    message = "{one} is in {first}, {other} in {second}."


class RateMissing(DomainError):
    code = "rate_missing"
    message = "There is no rate of {base} and {quote} of {on} or the week before."


class LadderMissing(DomainError):
    code = "ladder_missing"
    message = "Cancellation ladder {ladder} has no step on {on}."


class AccountUnusable(DomainError):
    code = "payment_account_unusable"
    message = "Account {account} is not in use, or not of the side in use here."


class NoPaymentAccount(DomainError):
    code = "no_payment_account"
    message = "There is no account with {provider} that takes payments here."


class NotOffered(DomainError):
    code = "not_offered"
    message = "{provider} does not offer that: {reason}"


class ProviderRefused(DomainError):
    code = "provider_refused"
    message = "{provider} refused it: {reason}"


class ProviderSilent(DomainError):
    status = 503
    code = "provider_silent"
    message = "{provider} does not answer. Nothing is lost: try again shortly."


class MoreThanOwed(DomainError):
    code = "more_than_owed"
    message = "Only {left} {currency} of {invoice} are neither paid nor under way."


class NothingToPay(DomainError):
    code = "nothing_to_pay"
    message = "Nothing is owed on {invoice}."


class PaymentLinkClosed(DomainError):
    status = 410
    code = "payment_link_closed"
    message = "This link was withdrawn or has expired. Ask for a new one."


class IntentNotOpen(DomainError):
    code = "payment_not_open"
    message = "The payment is {status}; that cannot be done with it."


class MethodNotUsable(DomainError):
    code = "payment_method_not_usable"
    message = "This means of payment was removed, or belongs to somebody else."


class RefundNotPossible(DomainError):
    code = "refund_not_possible"
    message = "{payment} came over an account that is not in use here."


class WebhookRefused(DomainError):
    status = 400
    code = "webhook_refused"
    message = "This is not a notification of {provider}."
