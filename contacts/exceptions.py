from common.exceptions import DomainError


class ContactMerged(DomainError):
    code = "contact_merged"
    message = "{name} was merged into contact {merged_into}; go on there."


class ContactInactive(DomainError):
    code = "contact_inactive"
    message = "{name} is not in use."


class ContactActive(DomainError):
    code = "contact_active"
    message = "{name} is in use already."


class MergeRefused(DomainError):
    code = "merge_refused"
    message = "{merged} cannot be merged into {survivor}: {reason}."


class AlreadyCorrected(DomainError):
    code = "already_corrected"
    message = "This entry was corrected by entry {correction}; correct that one."


class FeeNotLater(DomainError):
    code = "fee_not_later"
    message = "A price for this begins on {begins}; a new one must begin later."
