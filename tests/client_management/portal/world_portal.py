"""One record of every kind that the portal brings, for tests of every route."""

import hashlib
from typing import Any

from django.utils import timezone

from client_management.models import ProcessingRun
from client_management.services import messages, share_links, uploads
from client_management.services.messages import CheckedFile
from tests.client_management import scene
from tests.client_management.portal.people import handed_in, report_of
from tests.client_management.world_clients import PDF
from tests.users.factories import UserFactory


def portal_rows() -> dict[str, tuple[str, Any]]:
    """The key in the address of one row of every kind; the company shares them."""
    at, actor = timezone.now(), UserFactory()
    organization = scene.client(actor, at)
    scene.contract(actor, at, organization)
    job = scene.job(organization, actor, at)
    shown = handed_in(job, actor, at)
    type(shown).objects.filter(pk=shown.pk).update(status="ready")
    link = share_links.share(shown, days=1, actor=actor, at=at)
    upload = uploads.begin_upload(
        job,
        size_bytes=9,
        sha256=hashlib.sha256(b"123456789").hexdigest(),
        file_name="a.tif",
        title="Photos",
        kind="photos",
        actor=actor,
        at=at,
    )
    thread = messages.thread_of(organization, job=job)
    message = messages.post_message(
        thread,
        body="Hello",
        files=[CheckedFile(name="plan.pdf", content=b"%PDF-1.7", kind=PDF)],
        is_from_client=False,
        via="desk",
        actor=actor,
        at=at,
    )
    report = report_of(job, at)
    run = ProcessingRun.objects.create(
        number="PR-2020-0001",
        organization=organization,
        job=job,
        next_look_at=at,
        requested_by=actor,
        requested_at=at,
    )
    return {
        "client-management/deliverables": ("number", shown.number),
        "client-management/deliverables/issues": ("issue", 1),
        "client-management/share-links": ("id", link.pk),
        "client-management/uploads": ("key", upload.key),
        "client-management/threads": ("id", thread.pk),
        "client-management/threads/files": ("id", message.files.get().pk),
        "client-management/coverage-reports": ("number", report.number),
        "client-management/processing-runs": ("number", run.number),
        "client-management/portal": ("number", organization.number),
    }
