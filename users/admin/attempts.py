"""The screens of sign-in attempts, which a library brings along, with words of ours."""

from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin

ABOUT: tuple[tuple[Any, str], ...] = (
    (
        AccessAttemptAdmin,
        "Addresses and accounts from which sign-in failed and is counted. After five tries the pair"
        " waits a quarter of an hour; delete a row to let somebody try at once. What failed when is"
        " under Access failures.",
    ),
    (
        AccessFailureLogAdmin,
        "Each sign-in that failed, with address and browser. Look for many accounts from one"
        " address. Nothing can be changed; who is locked out now is under Access attempts.",
    ),
    (
        AccessLogAdmin,
        "Each sign-in to this admin that succeeded, and when it ended. Look here after a strange"
        " deed in the audit trail. Sessions are ended on the account's own page.",
    ),
)
for screen, about in ABOUT:
    screen.about = about
