from common.exceptions import DomainError


class EventAlreadyResolved(DomainError):
    code = "event_already_resolved"
    message = "{event} is resolved."


class AssigneeNotAtTheDesk(DomainError):
    code = "assignee_not_at_the_desk"
    message = "{person} does not work for the operator of {center}."


class NoticeNotYours(DomainError):
    status = 403
    code = "notice_not_yours"
    message = "Only whom a notice is addressed to can acknowledge it."


class NoticeAlreadyAcknowledged(DomainError):
    code = "notice_already_acknowledged"
    message = "The notice was acknowledged at {at}."
