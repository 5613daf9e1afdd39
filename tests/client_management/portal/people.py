"""Two clients as peers, with their people and one of everything that the portal shows."""

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from client_management.models import (
    ClientMessage,
    ClientOrganization,
    CustomerPortalAccess,
    Deliverable,
    JobOrder,
    ServiceQuote,
    ServiceRequest,
)
from client_management.services import accesses, deliverables, messages, uploads
from tests.client_management import scene
from tests.users.factories import UserFactory
from users.models import User

CONTENT = b"II*\x00" + b"orthophoto" * 50


@dataclass(frozen=True)
class Client:
    """One client with an owner's key and one record of every kind."""

    organization: ClientOrganization
    person: User
    access: CustomerPortalAccess
    request: ServiceRequest
    quote: ServiceQuote
    job: JobOrder
    deliverable: Deliverable
    message: ClientMessage


def key(organization: Any, actor: User, at: datetime, **more: Any) -> CustomerPortalAccess:
    """A key to a client's portal for somebody new."""
    level = more.pop("level", "owner")
    return accesses.grant_access(
        organization, user=UserFactory(), level=level, actor=actor, at=at, **more
    )


def handed_in(
    job: JobOrder, actor: User, at: datetime, *, content: bytes = CONTENT, **more: Any
) -> Deliverable:
    """A file that went through the door of uploads in one part, put together."""
    upload = uploads.begin_upload(
        job,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file_name="ortho.tif",
        actor=actor,
        at=at,
        **({"title": "Orthophoto", "kind": "orthophoto"} | more),
    )
    upload = uploads.take_part(upload, io.BytesIO(content), offset=0, size=len(content), at=at)
    deliverable: Any = uploads.assemble(upload, at=at).deliverable
    return deliverable


def peer(actor: User, at: datetime) -> Client:
    """A client with everything."""
    organization = scene.client(actor, at)
    scene.contract(actor, at, organization)
    access = key(organization, actor, at)
    request = scene.request(organization, actor, at, access=access)
    quote = scene.sent(request, actor, at)
    job = scene.job(organization, actor, at)
    deliverable = deliverables.release_deliverable(handed_in(job, actor, at), actor=actor, at=at)
    message = messages.post_message(
        messages.thread_of(organization, job=job),
        body="The gate code is 4711.",
        is_from_client=True,
        via="portal",
        actor=access.user,
        at=at,
    )
    return Client(organization, access.user, access, request, quote, job, deliverable, message)
