"""Two clients as peers, with their people and one of everything that the portal shows."""

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, product
from typing import Any

from django.contrib.gis.geos import MultiPolygon
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from client_management.models import (
    ClientMessage,
    ClientOrganization,
    CoverageReport,
    CustomerPortalAccess,
    Deliverable,
    JobOrder,
    MessageFile,
    ServiceQuote,
    ServiceRequest,
)
from client_management.services import accesses, bills, deliverables, messages, uploads
from common.geo import point
from documents.content import Recognized
from documents.models import Document
from finance.models import Invoice
from finance.services.issuing import issue
from flight_operations.models import FlightOperation, LastPosition
from tests.client_management import scene
from tests.flight_operations.factories import LAT, LON, OperationFactory, box
from tests.users.factories import UserFactory
from users.models import User
from users.services.seeding import seed_roles
from users.services.sessions import Origin, start_session
from users.tokens import access_text

CONTENT = b"II*\x00" + b"orthophoto" * 50
PICTURE = Recognized("image/png", ".png", None)
_number = count(1)


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
    file: MessageFile
    report: CoverageReport
    invoice: Invoice
    document: Document
    flight: FlightOperation

    @property
    def numbers(self) -> dict[str, str]:
        """What the addresses of the portal name its rows by."""
        return {
            "requests": self.request.number,
            "quotes": self.quote.number,
            "jobs": self.job.number,
            "deliverables": self.deliverable.number,
            "documents": self.document.number,
            "invoices": str(self.invoice.number),
            "messages": self.job.number,
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody else may ever read: numbers, names, titles."""
        rows = (self.organization, self.request, self.quote, self.job, self.deliverable)
        rows += (self.report, self.invoice, self.document, self.flight)
        return (*(str(row.number) for row in rows), self.organization.name, secret(self))


def secret(client: Any) -> str:
    """A word that is in every title of a client's rows and in its messages."""
    return f"only-for-{client.organization.number}"


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
    access, word = key(organization, actor, at), f"only-for-{organization.number}"
    request = scene.request(organization, actor, at, access=access, title=word)
    quote = scene.sent(request, actor, at)
    job = scene.job(organization, actor, at, title=word)
    made = handed_in(job, actor, at, title=word)
    message = messages.post_message(
        messages.thread_of(organization, job=job),
        body=word,
        files=[messages.CheckedFile(name="a.png", content=b"png", kind=PICTURE)],
        is_from_client=True,
        via="portal",
        actor=access.user,
        at=at,
    )
    return Client(
        organization=organization,
        person=access.user,
        access=access,
        request=request,
        quote=quote,
        job=job,
        deliverable=deliverables.release_deliverable(made, actor=actor, at=at),
        message=message,
        file=message.files.get(),
        report=report_of(job, at),
        invoice=billed(job, actor, at),
        document=paper_of(job, at),
        flight=flown_for(job, actor, at),
    )


def report_of(job: JobOrder, at: datetime) -> CoverageReport:
    """A measured coverage of a job, without the flights behind it."""
    report = CoverageReport(
        number=f"CR-2020-{next(_number):04}",
        organization=job.organization,
        job=job,
        area=MultiPolygon(box()),
        camera={},
        area_m2=1,
        covered_m2=1,
        covered_percent=100,
        overlap_percent=[],
        picture_count=1,
        gap_count=0,
        measured_at=at,
    )
    report.map_file.save("x.png", ContentFile(b"png"), save=False)
    report.save()
    return report


def billed(job: JobOrder, actor: User, at: datetime) -> Invoice:
    """A bill of a job that left the house before the job was accepted."""
    bills.bill_early(job, reason="Agreed prepayment", actor=actor, at=at)
    return issue(bills.bill_job(job, actor=actor, at=at), actor=actor, at=at)


def paper_of(job: JobOrder, at: datetime) -> Document:
    """A paper about a job, for its client."""
    paper = Document(
        number=f"DC-2020-{next(_number):06}",
        kind="uploaded",
        title=f"only-for-{job.organization.number}",
        subject_type="client_management.joborder",
        subject_id=job.pk,
        classification="confidential",
        file_name="plan.pdf",
        media_type="application/pdf",
        size_bytes=4,
        sha256=hashlib.sha256(b"%PDF").hexdigest(),
        generated_at=at,
    )
    paper.file.save("plan.pdf", ContentFile(b"%PDF"), save=False)
    paper.save()
    return paper


def flown_for(job: JobOrder, actor: User, at: datetime) -> FlightOperation:
    """A flight of a job that is in the air, with where it is."""
    operation = OperationFactory(active=True)
    job.operations.create(
        operation=operation,
        sequence=job.operations.count() + 1,
        part=operation.plan.volumes.get().area,
        part_m2=1,
        planned_min=1,
        height_agl_m=80,
        planned_by=actor,
    )
    LastPosition.objects.create(
        operation=operation, recorded_at=at, received_at=at, position=point(lat=LAT, lon=LON)
    )
    return operation


@dataclass(frozen=True)
class Peers:
    """Two clients, and how the first one's owner is signed in."""

    ours: Client
    theirs: Client
    headers: dict[str, str]

    def paths(self, path: str) -> list[dict[str, Any]]:
        """The addresses to ask an operation at: each client's door and rows behind it."""
        names = re.findall(r"{(\w+)}", path)
        if "organization" not in names:
            return []
        kind = path.partition("{organization}/")[2].split("/", 1)[0]
        found = []
        for door, client in product((self.ours, self.theirs), repeat=2):
            known = {"organization": door.organization.number, "file": client.file.pk, "issue": 1}
            known |= dict.fromkeys(("number", "about"), client.numbers.get(kind, ""))
            found.append({name: str(known[name]) for name in names})
        return found


@contextmanager
def two_clients() -> Iterator[Peers]:
    """Two clients as peers, as long as the block lasts; nothing of it is ever committed."""
    with transaction.atomic():
        seed_roles()
        at, actor = timezone.now(), UserFactory()
        ours, theirs = peer(actor, at), peer(actor, at)
        link = start_session(ours.person, has_second_factor=True, origin=Origin(), at=at)
        yield Peers(ours, theirs, {"Authorization": f"Bearer {access_text(link.session)}"})
        transaction.set_rollback(True)
