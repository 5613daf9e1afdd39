from common.exceptions import DomainError


class NothingToShow(DomainError):
    """A kind of document does not apply to its subject, such as a GenDec of a domestic flight."""

    code = "nothing_to_show"
    message = "There is no {kind} to make of {subject}: {because}."
