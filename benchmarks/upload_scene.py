"""A job that something can be delivered for, somebody who may, and the wait for the worker."""

import time
from datetime import timedelta
from decimal import Decimal

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils import timezone

from client_management.models import (
    ClientOrganization,
    Contract,
    JobOrder,
    ServiceRequest,
    Upload,
)
from contacts.models import Contact
from users.models import User
from users.services.sessions import Origin, start_session
from users.tokens import access_text

# 2 GB read twice and written once, on a busy machine.
PATIENCE_S = 1800


def job_and_token() -> tuple[str, str]:
    """The number of a job, and an access token of somebody who may upload for it."""
    at = timezone.now()
    person = User.objects.create_superuser("desk@benchmark.example", "a long enough secret")
    session = start_session(person, has_second_factor=True, origin=Origin(), at=at).session
    contact = Contact.objects.create(
        kind="organization", name="Client", name_key="client", search_words="client"
    )
    organization = ClientOrganization.objects.create(
        number="CLI-2026-0001", name="Client", contact=contact, status="active"
    )
    contract = Contract.objects.create(
        number="CON-2026-0001",
        organization=organization,
        title="Surveys",
        effective_from=at.date(),
        status="active",
    )
    area = MultiPolygon(Polygon.from_bbox((151.0, -33.0, 151.01, -32.99)), srid=4326)
    request = ServiceRequest.objects.create(
        number="SR-2026-0001",
        organization=organization,
        requested_by=person,
        title="Survey",
        service_type="mapping",
        area=area,
        area_m2=1e6,
        wanted_from=at.date(),
        wanted_until=at.date() + timedelta(days=9),
        timezone="UTC",
        status="approved",
        approved_budget=Decimal(1),
        submitted_at=at,
    )
    job = JobOrder.objects.create(
        number="JOB-2026-0001",
        organization=organization,
        request=request,
        contract=contract,
        title="Survey",
        wanted_from=at.date(),
        wanted_until=at.date() + timedelta(days=9),
        currency="AUD",
        agreed_amount=Decimal(1),
        billing_trigger="acceptance",
        status="confirmed",
    )
    return job.number, access_text(session)


def put_together(key: str) -> tuple[str, str]:
    """Wait until a worker has put an upload together; its deliverable's number and SHA-256."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        done = Upload.objects.select_related("deliverable").get(key=key)
        if done.deliverable is not None:
            return done.deliverable.number, str(done.deliverable.issues.get().sha256)
        if done.refusal:
            raise RuntimeError(f"The upload is {done.status}: {done.refusal}")
        time.sleep(0.5)
    raise RuntimeError(f"No worker put the upload together within {PATIENCE_S} s.")
