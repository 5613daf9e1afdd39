from datetime import UTC, date, datetime


class DomainError(Exception):
    """
    A refusal the caller can act on. Subclasses set `code` and `message`.

    The keyword arguments fill the message and travel to the caller as `details`: there a moment is
    in ISO 8601, in the message as people at a desk say it, in UTC. `values` are they as given.
    """

    status = 409
    code = "conflict"
    message = "The request conflicts with the current state of the record."

    def __init__(self, **details: object) -> None:
        super().__init__(self.message.format(**{k: _said(each) for k, each in details.items()}))
        self.values = details
        self.details = {
            k: each.isoformat() if isinstance(each, date) else each for k, each in details.items()
        }


def _said(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%d %b %Y %H:%M}Z"
    return value


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    message = "A record that is {current} cannot become {wanted}."


class StaleVersion(DomainError):
    status = 412
    code = "stale_version"
    message = "The record was changed since it was read: version {yours} is now {current}."


class ChangedSinceShown(DomainError):
    code = "changed_since_shown"
    message = "It changed since the page was made. Look at it as it is now, then decide."


class DoubleBooked(DomainError):
    code = "resource_double_booked"
    message = "{resource} is already taken in that period."


class InvalidInput(DomainError):
    """
    A command whose values cannot be true together; `pointer` names the field.

    `words` are the reason and what fills it, for a page that says it in another language. A reason
    that nothing fills is taken as it is.
    """

    status = 400
    code = "invalid"
    message = "{reason}"

    def __init__(self, pointer: str, reason: str, **fills: object) -> None:
        super().__init__(pointer=pointer, reason=reason.format(**fills) if fills else reason)
        self.words = (reason, fills)


class AlreadyDelivered(DomainError):
    code = "already_delivered"
    message = "{handler} has had this event."
