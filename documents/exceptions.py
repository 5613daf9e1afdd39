from common.exceptions import DomainError, InvalidInput


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


class SignaturePending(DomainError):
    code = "signature_pending"
    message = "{document} is needed: {agreement} is open, or not sealed yet."


class FileMissing(DomainError):
    status = 503
    code = "file_missing"
    message = "The file of {document} cannot be read at the moment."


class FileAltered(DomainError):
    """What is kept is not what was kept: nobody gets it, and whoever asked hears why."""

    code = "file_altered"
    message = "The file of {document} was altered after it was kept, so it is not handed out."


class UploadRefused(InvalidInput):
    """What is in a file is not taken."""

    code = "upload_refused"

    def __init__(self, reason: str, **fills: object) -> None:
        super().__init__("/file", reason, **fills)


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


class SigningUnavailable(DomainError):
    """Nothing can be signed until somebody sets a key; the reason never holds a secret."""

    status = 503
    code = "signing_unavailable"
    message = "Documents cannot be sealed: {reason}."


class NotForSigning(DomainError):
    code = "not_for_signing"
    message = "A document of kind {kind} is not one that people outside sign."


class DocumentOutdated(DomainError):
    code = "document_outdated"
    message = "{document} is no longer what is to be signed: {reason}."


class AgreementClosed(DomainError):
    code = "agreement_closed"
    message = "{agreement} cannot be signed any more: it is {status}."


class AgreementRunOut(DomainError):
    code = "agreement_expired"
    message = "{agreement} could be signed until {until}."


class AgreementNotRead(DomainError):
    code = "agreement_not_read"
    message = "Open the document before you sign it."


class AgreementStillValid(DomainError):
    code = "agreement_still_valid"
    message = "{agreement} can be signed until {until}."


class SignedTextDiffers(DomainError):
    code = "content_differs"
    message = "What is to be signed is not what was shown; read it again."


class SignatureNotSealed(DomainError):
    code = "signature_not_sealed"
    message = "The signed file of {agreement} is being made. Try again shortly."


class AgreementNotSigned(DomainError):
    code = "agreement_not_signed"
    message = "{agreement} is {status}: there is no signed file."


class CodeNotSent(DomainError):
    code = "code_not_sent"
    message = "Ask for a code first."


class CodeExpired(DomainError):
    code = "code_expired"
    message = "The code is not valid any more. Ask for another."


class CodeRefused(DomainError):
    status = 403
    code = "code_refused"
    message = "That is not the code that was sent. It can be tried {left} more times."


class TooManyCodes(DomainError):
    status = 429
    code = "too_many_codes"
    message = "Too many codes were asked for. {hint}"


class CodeRequired(DomainError):
    status = 403
    code = "code_required"
    message = "Reading this document takes the code that is sent by e-mail."


class DrawingRefused(DomainError):
    status = 400
    code = "drawing_refused"
    message = "{reason}"

    def __init__(self, reason: str) -> None:
        super().__init__(pointer="/drawing", reason=reason)


class NothingToShow(DomainError):
    """A kind of document does not apply to its subject, such as a GenDec of a domestic flight."""

    code = "nothing_to_show"
    message = "There is no {kind} to make of {subject}: {because}."
