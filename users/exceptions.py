from common.exceptions import DomainError


class InvalidCredentials(DomainError):
    """The same for a wrong password, an unknown or closed account, and a lockout."""

    status = 401
    code = "invalid_credentials"
    message = "No active account fits these credentials."


class OtpRequired(DomainError):
    status = 401
    code = "otp_required"
    message = "This account needs the code of its second factor."


class OtpInvalid(DomainError):
    status = 401
    code = "otp_invalid"
    message = "The code is wrong, was used before, or came too soon after a wrong one."


class SessionNotValid(DomainError):
    status = 401
    code = "token_not_valid"
    message = "The token is not valid, or its session has ended. Sign in again."


class WrongPassword(DomainError):
    status = 400
    code = "wrong_password"
    message = "The current password is not right."


class AlreadyEnrolled(DomainError):
    code = "totp_already_enrolled"
    message = "A second factor is enrolled already. Disable it first."


class NotEnrolling(DomainError):
    code = "totp_not_enrolling"
    message = "There is no second factor to confirm or to disable."


class NotActive(DomainError):
    code = "account_not_active"
    message = "The account {email} is not active."


class AlreadyActive(DomainError):
    code = "account_already_active"
    message = "The account {email} is active already."


class AccountExists(DomainError):
    code = "account_exists"
    message = "There is an account with this e-mail address."


class LastAdministrator(DomainError):
    code = "last_administrator"
    message = "{email} is the last administrator. Give the role to somebody else first."


class BeyondOwnAuthority(DomainError):
    status = 403
    code = "beyond_own_authority"
    message = "You cannot give or take what you do not hold yourself: {missing}."


class RoleAlreadyHeld(DomainError):
    code = "role_already_held"
    message = "{email} holds the role {role} in that period already."


class AssignmentEnded(DomainError):
    code = "role_assignment_ended"
    message = "This assignment has ended already."


class TokenRevoked(DomainError):
    code = "api_token_revoked"
    message = "The token {prefix} is revoked already."


class DepartmentLoop(DomainError):
    code = "department_loop"
    message = "{parent} is {department} itself or below it."


class QualificationRevoked(DomainError):
    code = "qualification_revoked"
    message = "A revoked qualification stays as it is. Record a new one."


class AdministratorRoleFixed(DomainError):
    code = "administrator_role_fixed"
    message = (
        "The administrator's role keeps its permissions: somebody must be able to repair the rest."
    )


class NotOneself(DomainError):
    status = 403
    code = "not_oneself"
    message = "Somebody else must do this for you."


class RoleNotHeld(DomainError):
    code = "role_not_held"
    message = "{email} does not hold the role {role} now."


class AlreadyWithdrawn(DomainError):
    code = "already_withdrawn"
    message = "This was withdrawn already. It stays on file and counts no more."


class TooManySubscriptions(DomainError):
    code = "too_many_webhooks"
    message = "{email} has {limit} open webhook subscriptions; close one first."


class AlreadySubscribed(DomainError):
    code = "already_subscribed"
    message = "An open subscription of {email} sends to this address already."


class SubscriptionNotOpen(DomainError):
    code = "webhook_not_open"
    message = "Nothing is sent for a subscription that is {status}. Resume it first."


class SubscriptionClosed(DomainError):
    code = "webhook_closed"
    message = "A closed subscription stays as it is. Make a new one."


class MessageWaits(DomainError):
    code = "webhook_message_waits"
    message = "The message {number} is on its way already."


class NotAnswerable(DomainError):
    code = "webhook_message_not_allowed"
    message = "The message {number} must not go: {reason}"
