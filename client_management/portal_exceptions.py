"""Refusals of deliverables, coverage, messages and the portal."""

from common.exceptions import DomainError
from documents.exceptions import UploadRefused


class OffsetDiffers(DomainError):
    code = "upload_offset_differs"
    message = "The upload stands at byte {offset}; go on from there."


class PartRefused(DomainError):
    status = 400
    code = "upload_part_refused"
    message = "{reason}"


class UploadClosed(DomainError):
    status = 410
    code = "upload_closed"
    message = "This upload is {status}; begin another."


class UploadNotTaken(DomainError):
    status = 400
    code = "upload_not_taken"
    message = "{reason}"


class DeliverableSettled(DomainError):
    code = "deliverable_settled"
    message = "{deliverable} was accepted; hand the file in as another deliverable."


class IssueDiffers(DomainError):
    code = "deliverable_issue_differs"
    message = "{deliverable} is at issue {issue} now: look at that one."


class FilesGone(DomainError):
    status = 410
    code = "deliverable_files_gone"
    message = "The files of {deliverable} were deleted when their time was over."


class StillRetained(DomainError):
    code = "deliverable_still_retained"
    message = "The files of {deliverable} are kept until {until}."


class AlreadyDropped(DomainError):
    code = "deliverable_already_dropped"
    message = "The files of {deliverable} are gone already."


class ShareLinkClosed(DomainError):
    status = 410
    code = "share_link_closed"
    message = "This link has expired or was taken back. Ask for another."


class NothingFlown(DomainError):
    code = "nothing_flown"
    message = "No flight of {job} has left a track yet."


class CoverageNotMeasured(DomainError):
    status = 400
    code = "coverage_not_measured"
    message = "{reason}"


class NothingMissing(DomainError):
    code = "nothing_missing"
    message = "{report} has no gaps."


class ReflyOrdered(DomainError):
    code = "refly_ordered"
    message = "Flights for the gaps of {report} were ordered already."


class CoverageSuperseded(DomainError):
    code = "coverage_superseded"
    message = "{report} is the newest coverage of {job}: order from that one."


class ReflyUnderWay(DomainError):
    code = "refly_under_way"
    message = "{operation} is still to be flown for gaps of {job}: measure again after it."


class NotOfTheirOperator(DomainError):
    status = 403
    code = "not_of_their_operator"
    message = "{operator} flew it last: only its people plan flights for it."


class ProcessingOff(DomainError):
    status = 503
    code = "processing_off"
    message = "No processing service is set up."


class NothingToProcess(DomainError):
    code = "nothing_to_process"
    message = "Name at least two pictures, or one archive of them, of this job."


class AreaFileRefused(UploadRefused):
    """A file that draws no area."""

    code = "area_file_refused"


class MessageEmpty(DomainError):
    status = 400
    code = "message_empty"
    message = "Write something or add a file."


class NotYoursToDo(DomainError):
    status = 403
    code = "portal_not_permitted"
    message = "Your access to {organization} does not include this."
