from dataclasses import dataclass
from typing import ClassVar

from common.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationChanged(Event):
    """A client was taken on, suspended, closed or otherwise changed."""

    name: ClassVar[str] = "client_management.organization_changed"
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class AccessChanged(Event):
    """Somebody was given, changed or taken away access to a client's portal."""

    name: ClassVar[str] = "client_management.access_changed"
    access_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class InvitationSent(Event):
    name: ClassVar[str] = "client_management.invitation_sent"
    invitation_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class RequestSubmitted(Event):
    name: ClassVar[str] = "client_management.request_submitted"
    request_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class RequestAssessed(Event):
    name: ClassVar[str] = "client_management.request_assessed"
    request_id: int
    organization_id: int
    assessment_id: int


@dataclass(frozen=True, kw_only=True)
class RequestClosed(Event):
    """A request was declined, cancelled or ran out."""

    name: ClassVar[str] = "client_management.request_closed"
    request_id: int
    organization_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class ServiceQuoteSent(Event):
    name: ClassVar[str] = "client_management.quote_sent"
    quote_id: int
    request_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class ServiceQuoteAnswered(Event):
    """The client accepted or declined an offer, or it ran out or was taken back."""

    name: ClassVar[str] = "client_management.quote_answered"
    quote_id: int
    request_id: int
    organization_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class JobCreated(Event):
    name: ClassVar[str] = "client_management.job_created"
    job_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class JobAmended(Event):
    """Who runs a job, when it is wanted or how pressing it is was changed."""

    name: ClassVar[str] = "client_management.job_amended"
    job_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class JobMoved(Event):
    """A job took a step of its life cycle."""

    name: ClassVar[str] = "client_management.job_moved"
    job_id: int
    organization_id: int
    status: str


@dataclass(frozen=True, kw_only=True)
class JobOperationsPlanned(Event):
    """Operations were added to a job."""

    name: ClassVar[str] = "client_management.job_operations_planned"
    job_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class JobHandedOver(Event):
    """A job's operations are dispatch's to plan."""

    name: ClassVar[str] = "client_management.job_handed_over"
    job_id: int
    organization_id: int


@dataclass(frozen=True, kw_only=True)
class JobProgressed(Event):
    """One more operation of a job was flown."""

    name: ClassVar[str] = "client_management.job_progressed"
    job_id: int
    organization_id: int
    operation_id: int


@dataclass(frozen=True, kw_only=True)
class MilestoneWasReached(Event):
    name: ClassVar[str] = "client_management.milestone_reached"
    job_id: int
    organization_id: int
    milestone_id: int
