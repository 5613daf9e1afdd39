"""The mails of the trip desk to its own people: numbers and times, never who was on board."""

from common.mail.kinds import MailKind, register

OCCURRENCE = register(
    MailKind(
        key="occurrence",
        subject="{number}: {what}",
        template="operations/mail/occurrence",
        fields=("number", "what", "aircraft", "occurred", "asks", "link"),
    )
)
PRIVACY_BREACH = register(
    MailKind(
        key="privacy_breach",
        subject="{number}: persons to be told of a privacy breach",
        template="operations/mail/privacy_breach",
        fields=("number", "persons", "due", "asks", "link"),
    )
)
RECORD_MATCH = register(
    MailKind(
        key="record_match",
        subject="{first} and {second} may be one person's",
        template="operations/mail/record_match",
        fields=("first", "second", "link"),
    )
)
EMERGENCY_ACCESS = register(
    MailKind(
        key="emergency_access",
        subject="{number} was opened in an emergency",
        template="operations/mail/emergency_access",
        fields=("number", "who", "opened", "until", "link"),
    )
)
