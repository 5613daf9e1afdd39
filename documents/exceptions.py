from common.exceptions import DomainError


class UnknownKind(DomainError):
    status = 404
    code = "unknown_kind"
    message = "There is no document of kind {kind}."


class SubjectNotFound(DomainError):
    status = 404
    code = "not_found"
    message = "There is no such {subject}."


class DocumentNotPermitted(DomainError):
    status = 403
    code = "document_not_permitted"
    message = "You may not {deed} a document of kind {kind}."


class LayoutRefused(DomainError):
    """A template that is not in our language, or that wants something it may not have."""

    status = 400
    code = "layout_refused"
    message = "Line {line}: {reason}"

    def __init__(self, reason: str, *, line: int = 1) -> None:
        super().__init__(pointer="/text", reason=reason, line=line)


class SnapshotRefused(DomainError):
    """What a kind gathered does not fit what its layout declares: a defect of the kind."""

    status = 422
    code = "snapshot_refused"
    message = "The data of the document cannot be laid out: {reason}"


class DocumentTooLarge(DomainError):
    status = 422
    code = "document_too_large"
    message = "The document would be too large: {what} are {limit} at most."


class RenderFailed(DomainError):
    status = 422
    code = "render_failed"
    message = "The document could not be laid out: {reason}."


class RenderTimedOut(DomainError):
    status = 422
    code = "render_timed_out"
    message = "The document was not laid out within {seconds} s and was given up."


class RendererBusy(DomainError):
    status = 503
    code = "renderer_busy"
    message = "Other documents are being laid out. Try again shortly."


class UnderRetention(DomainError):
    code = "under_retention"
    message = "{document} is kept until {until}."


class AlreadyDeleted(DomainError):
    code = "already_deleted"
    message = "{document} was deleted."


class FileMissing(DomainError):
    status = 503
    code = "file_missing"
    message = "The file of {document} cannot be read at the moment."


class UploadRefused(DomainError):
    status = 400
    code = "upload_refused"
    message = "{reason}"

    def __init__(self, reason: str) -> None:
        super().__init__(pointer="/file", reason=reason)


class ScannerUnavailable(DomainError):
    status = 503
    code = "scanner_unavailable"
    message = "The file cannot be checked for malware at the moment. Try again shortly."


class LinkExpired(DomainError):
    status = 410
    code = "link_expired"
    message = "This link is not valid any more. Ask for another."


class NotYourLink(DomainError):
    status = 404
    code = "not_found"
    message = "There is nothing at this address."


class SignInForMedical(DomainError):
    status = 401
    code = "not_authenticated"
    message = "Sign in: medical documents are handed to nobody unknown."


class PurposeRequired(DomainError):
    status = 400
    code = "purpose_required"
    message = "Say what you need this medical document for."

    def __init__(self) -> None:
        super().__init__(pointer="/purpose")


class DraftExists(DomainError):
    code = "draft_exists"
    message = "Version {version} of this template is a draft already. Change that one."


class TemplateNotDraft(DomainError):
    code = "template_not_draft"
    message = "Version {version} is {status}; only a draft can be changed."


class NotYourPack(DomainError):
    status = 403
    code = "not_your_pack"
    message = "{asker} asked for this pack; it is theirs alone."


class NothingToPack(DomainError):
    code = "nothing_to_pack"
    message = "There is no document of {subject} that you may have."


class NothingToShow(DomainError):
    """A kind of document does not apply to its subject, such as a GenDec of a domestic flight."""

    code = "nothing_to_show"
    message = "There is no {kind} to make of {subject}: {because}."
