"""The screens of sign-in attempts, which a library brings along, with words of ours."""

from typing import Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

from common.screens.careful import Careful

ABOUT: tuple[tuple[Any, Any, str], ...] = (
    (
        AccessAttempt,
        AccessAttemptAdmin,
        "Addresses and accounts from which sign-in failed and is counted. After five tries the pair"
        " waits a quarter of an hour; delete a row to let somebody try at once. What failed when is"
        " under Access failures.",
    ),
    (
        AccessFailureLog,
        AccessFailureLogAdmin,
        "Each sign-in that failed, with address and browser. Look for many accounts from one"
        " address. Nothing can be changed; who is locked out now is under Access attempts.",
    ),
    (
        AccessLog,
        AccessLogAdmin,
        "Each sign-in to this admin that succeeded, and when it ended. Look here after a strange"
        " deed in the audit trail. Sessions are ended on the account's own page.",
    ),
)
for model, screen, about in ABOUT:
    admin.site.unregister(model)
    words = {"about": about, "__module__": __name__}
    admin.site.register(model, type(screen.__name__, (Careful, screen), words))
