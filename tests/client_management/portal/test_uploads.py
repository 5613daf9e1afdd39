import hashlib
import io
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from client_management.models import DeliverableIssue, Upload, UploadPart
from client_management.portal_exceptions import (
    DeliverableSettled,
    OffsetDiffers,
    PartRefused,
    UploadClosed,
)
from client_management.portal_tasks import KEEPERS
from client_management.services import deliverables, uploads
from documents.services.leftovers import drop_leftovers
from tests.client_management import scene
from tests.client_management.portal.people import CONTENT, handed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(client_org, actor, now):
    return scene.job(client_org, actor, now)


def begun(job, actor, at, content=CONTENT, **more):
    about = {"title": "Orthophoto", "kind": "orthophoto"} | more
    return uploads.begin_upload(
        job,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file_name="../a b/ortho.tif",
        actor=actor,
        at=at,
        **about,
    )


def part(upload, content, offset, size, at, **more):
    body = io.BytesIO(content[offset : offset + size])
    return uploads.take_part(upload, body, offset=offset, size=size, at=at, **more)


def test_parts_become_a_deliverable_with_the_hash_that_was_announced(job, actor, now):
    upload = begun(job, actor, now)
    for offset in range(0, len(CONTENT), 100):
        upload = part(upload, CONTENT, offset, min(100, len(CONTENT) - offset), now)

    done = uploads.assemble(upload, at=now)

    issue = done.deliverable.issues.get()
    assert (done.status, issue.sha256) == ("finished", hashlib.sha256(CONTENT).hexdigest())
    assert issue.file.read() == CONTENT
    assert (issue.media_type, issue.file_name) == ("image/tiff", "a-b-ortho.tif")
    assert not UploadPart.objects.filter(upload=done).exists()
    assert uploads.assemble(done, at=now).deliverable_id == done.deliverable_id
    assert DeliverableIssue.objects.count() == 1


def test_a_part_goes_where_the_upload_stands_and_nowhere_else(job, actor, now):
    upload = part(begun(job, actor, now), CONTENT, 0, 100, now)

    for offset, size, refusal in ((0, 100, OffsetDiffers), (200, 50, OffsetDiffers)):
        with pytest.raises(refusal) as refused:
            part(upload, CONTENT, offset, size, now)
        assert refused.value.details == {"offset": 100}
    with pytest.raises(PartRefused, match="beyond"):
        uploads.take_part(upload, io.BytesIO(b"x" * 900), offset=100, size=900, at=now)
    with pytest.raises(PartRefused, match="shorter"):
        uploads.take_part(upload, io.BytesIO(b"x"), offset=100, size=50, at=now)
    with pytest.raises(PartRefused, match="checksum"):
        part(upload, CONTENT, 100, 100, now, sha256="0" * 64)
    assert Upload.objects.get(pk=upload.pk).offset_bytes == 100
    assert UploadPart.objects.filter(upload=upload).count() == 1


def test_what_died_between_disk_and_book_is_written_once_more(job, actor, now, monkeypatch):
    upload = begun(job, actor, now)

    def dies(*args, **kwargs):
        raise SystemExit

    monkeypatch.setattr(uploads, "_count_part", dies)
    with pytest.raises(SystemExit):
        part(upload, CONTENT, 0, 100, now)
    monkeypatch.undo()

    assert Upload.objects.get(pk=upload.pk).offset_bytes == 0
    upload = part(upload, CONTENT, 0, len(CONTENT), now)
    assert uploads.assemble(upload, at=now).status == "finished"


def test_the_same_file_begun_again_is_the_same_upload(job, actor, now):
    first = part(begun(job, actor, now), CONTENT, 0, 100, now)

    again = begun(job, actor, now)

    assert (again.pk, again.offset_bytes) == (first.pk, 100)


@pytest.mark.parametrize("content", [b"MZ\x90" + b"x" * 50, b"  <!DOCTYPE html>" + b"x" * 9])
def test_programs_and_pages_are_refused_and_forgotten(job, actor, now, content):
    upload = part(begun(job, actor, now, content), content, 0, len(content), now)

    done = uploads.assemble(upload, at=now)

    assert (done.status, done.deliverable) == ("refused", None)
    assert done.refusal == "Programs and web pages are not taken."
    assert not UploadPart.objects.filter(upload=done).exists()


def test_other_bytes_than_announced_are_refused(job, actor, now):
    other = bytes(reversed(CONTENT))
    upload = begun(job, actor, now)
    upload = uploads.take_part(upload, io.BytesIO(other), offset=0, size=len(other), at=now)

    done = uploads.assemble(upload, at=now)

    assert (done.status, done.refusal) == (
        "refused",
        "The file does not have the SHA-256 that was announced.",
    )


def test_an_upload_nobody_goes_on_with_is_forgotten_with_its_files(job, actor, now):
    upload = part(begun(job, actor, now), CONTENT, 0, 100, now)
    path = upload.parts.get().file.path

    uploads.sweep_uploads(at=now + uploads.KEPT_OPEN)

    assert Upload.objects.get(pk=upload.pk).status == "abandoned"
    assert not os.path.exists(path)
    with pytest.raises(UploadClosed):
        part(Upload.objects.get(pk=upload.pk), CONTENT, 100, 100, now)


def test_a_whole_that_lost_its_worker_is_named_by_the_sweep(job, actor, now):
    upload = part(begun(job, actor, now), CONTENT, 0, len(CONTENT), now)

    assert uploads.sweep_uploads(at=now + uploads.LOST_AFTER * 2) == [upload.pk]


def test_a_new_issue_goes_back_through_the_door(job, actor, now):
    first = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    deliverables.send_back(first, issue=1, note="North is missing", actor=actor, at=now)

    again = handed_in(job, actor, now, content=CONTENT + b"2", deliverable=first)

    assert (again.pk, again.issue, again.status) == (first.pk, 2, "uploaded")
    again = deliverables.release_deliverable(again, actor=actor, at=now)
    deliverables.accept_deliverable(again, issue=2, actor=actor, at=now)
    with pytest.raises(DeliverableSettled):
        begun(job, actor, now, deliverable=again)


def test_what_was_accepted_meanwhile_or_lost_a_part_is_refused_and_not_tried_forever(
    job, actor, now
):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    late = begun(job, actor, now, CONTENT + b"2", deliverable=shown)
    late = part(late, CONTENT + b"2", 0, len(CONTENT) + 1, now)
    deliverables.accept_deliverable(shown, issue=1, actor=actor, at=now)
    holed = begun(job, actor, now, CONTENT + b"3")
    holed = part(holed, CONTENT + b"3", 0, len(CONTENT) + 1, now)
    os.remove(holed.parts.get().file.path)

    late, holed = uploads.assemble(late, at=now), uploads.assemble(holed, at=now)

    assert (late.status, "was accepted" in late.refusal) == ("refused", True)
    assert (holed.status, holed.refusal) == ("refused", uploads.LOST_PARTS)
    assert DeliverableIssue.objects.count() == 1


def test_files_that_no_row_names_are_swept_and_those_in_use_stay(job, actor, now):
    kept = handed_in(job, actor, now).issues.get()
    open_part = part(begun(job, actor, now, CONTENT + b"4"), CONTENT, 0, 9, now).parts.get()
    lost = [
        default_storage.save(f"{folder}/{timezone.now():%Y/%m}/lost", ContentFile(b"x"))
        for folder in ("uploads", "deliverables")
    ]

    assert drop_leftovers(at=timezone.now() + timedelta(hours=23), keepers=KEEPERS) == 0
    assert drop_leftovers(at=timezone.now() + timedelta(hours=25), keepers=KEEPERS) >= 2
    assert not any(default_storage.exists(name) for name in lost)
    assert os.path.exists(kept.file.path)
    assert os.path.exists(open_part.file.path)
