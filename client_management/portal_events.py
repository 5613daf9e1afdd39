"""What becomes of deliverables and messages, for notices, live pages and whoever bills."""

from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class UploadReceived(Event):
    """The last byte of an upload is on disk."""

    name: ClassVar[str] = "client_management.upload_received"
    upload_id: int


@dataclass(frozen=True, kw_only=True)
class DeliverableReady(Event):
    """The client may look at an issue of a deliverable."""

    name: ClassVar[str] = "client_management.deliverable_ready"
    deliverable_id: int
    issue: int


@dataclass(frozen=True, kw_only=True)
class DeliverableAccepted(Event):
    name: ClassVar[str] = "client_management.deliverable_accepted"
    deliverable_id: int


@dataclass(frozen=True, kw_only=True)
class DeliverableSentBack(Event):
    name: ClassVar[str] = "client_management.deliverable_sent_back"
    deliverable_id: int


@dataclass(frozen=True, kw_only=True)
class MessagePosted(Event):
    name: ClassVar[str] = "client_management.message_posted"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class CoverageMeasured(Event):
    name: ClassVar[str] = "client_management.coverage_measured"
    report_id: int
