"""What other systems may hear of clients' requests, offers, jobs and deliverables."""

from typing import Any

from client_management import events, portal_events
from client_management.models import (
    ClientOrganization,
    Deliverable,
    JobOrder,
    ServiceQuote,
    ServiceRequest,
)
from common.webhooks.offers import Record, offer, offer_scope

REQUEST = Record(
    kind="service_request",
    model=ServiceRequest,
    number="number",
    path="/api/client-management/service-requests/{number}/",
    permission="client_management.view_servicerequest",
    scope_prefix="client:",
    scope="organization__number",
)
QUOTE = Record(
    kind="service_quote",
    model=ServiceQuote,
    number="number",
    path="/api/client-management/quotes/{number}/",
    permission="client_management.view_servicequote",
    scope_prefix="client:",
    scope="request__organization__number",
)
JOB = Record(
    kind="job",
    model=JobOrder,
    number="number",
    path="/api/client-management/jobs/{number}/",
    permission="client_management.view_joborder",
    scope_prefix="client:",
    scope="organization__number",
)
DELIVERABLE = Record(
    kind="deliverable",
    model=Deliverable,
    number="number",
    path="/api/client-management/deliverables/{number}/",
    permission="client_management.view_deliverable",
    scope_prefix="client:",
    scope="organization__number",
)


def _sees_client(user: Any, number: str) -> bool:
    return ClientOrganization.objects.visible_to(user).filter(number=number).exists()


offer_scope("client:", _sees_client)
offer(
    REQUEST,
    "request_id",
    [
        ("submitted", events.RequestSubmitted, "A client asked for work."),
        ("assessed", events.RequestAssessed, "Whether the work can be done was looked into."),
        ("closed", events.RequestClosed, "A request was declined, cancelled or ran out."),
    ],
)
offer(
    QUOTE,
    "quote_id",
    [
        ("sent", events.ServiceQuoteSent, "An offer went to the client."),
        ("answered", events.ServiceQuoteAnswered, "A client answered, or the offer ran out."),
    ],
)
offer(
    JOB,
    "job_id",
    [
        ("created", events.JobCreated, "A job was made of a request."),
        ("amended", events.JobAmended, "When a job is wanted or who runs it changed."),
        ("moved", events.JobMoved, "A job took a step of its life cycle."),
        ("progressed", events.JobProgressed, "One more operation of a job was flown."),
        ("milestone_reached", events.MilestoneWasReached, "A milestone of a job was reached."),
    ],
)
offer(
    DELIVERABLE,
    "deliverable_id",
    [
        ("ready", portal_events.DeliverableReady, "The client may look at an issue."),
        ("accepted", portal_events.DeliverableAccepted, "The client accepted a deliverable."),
        ("sent_back", portal_events.DeliverableSentBack, "The client sent a deliverable back."),
    ],
)
