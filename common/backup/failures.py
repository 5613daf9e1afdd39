from common.exceptions import DomainError


class BackupFailed(DomainError):
    code = "backup_failed"
    message = "{reason}"


class RestoreRefused(DomainError):
    """The backup, or the place it is to go to, is not as it must be; nothing was changed."""

    code = "restore_refused"
    message = "{reason}"


class RestoreFailed(DomainError):
    code = "restore_failed"
    message = "{reason}"
