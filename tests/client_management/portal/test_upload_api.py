"""Files over HTTP: begin, send, ask, go on; shared by a link; handed out from any byte."""

import base64
import hashlib
import warnings

import pytest

from client_management import portal_tasks
from client_management.models import DeliverableDownload, Upload
from client_management.portal_events import UploadReceived
from client_management.portal_handlers import put_the_parts_together
from client_management.services import deliverables, share_links, uploads
from tests.client_management import scene
from tests.client_management.portal.people import CONTENT, handed_in, key
from tests.users.factories import UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
BASE = "/api/client-management/uploads/"
OCTETS = "application/offset+octet-stream"


@pytest.fixture
def job(client_org, actor, now):
    return scene.job(client_org, actor, now)


@pytest.fixture
def desk(client_for):
    return client_for(UserFactory(is_superuser=True))


def begin(desk, of, **more):
    given = {
        "job": of.number,
        "title": "Orthophoto",
        "kind": "orthophoto",
        "file_name": "ortho.tif",
        "size_bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        **more,
    }
    return desk.post(BASE, given)


def had(answer):
    """The bytes of a streamed answer; iterated as a whole, for its parts come asynchronously."""
    with warnings.catch_warnings(action="ignore"):
        return b"".join(answer)


def send(desk, upload, offset, content, **headers):
    return desk.patch(
        f"{BASE}{upload}/",
        content,
        content_type=OCTETS,
        headers={"upload-offset": str(offset), **headers},
    )


def test_a_file_goes_in_by_parts_and_is_asked_for_in_between(
    desk, job, scheduled, django_capture_on_commit_callbacks
):
    begun = begin(desk, job)
    upload = begun.json()["key"]
    assert (begun.status_code, begun["Upload-Offset"]) == (201, "0")

    half = len(CONTENT) // 2
    digest = base64.b64encode(hashlib.sha256(CONTENT[:half]).digest()).decode()
    first = send(desk, upload, 0, CONTENT[:half], **{"upload-checksum": f"sha256 {digest}"})
    assert (first.status_code, first["Upload-Offset"]) == (204, str(half))

    again = send(desk, upload, 0, CONTENT[:half])
    assert (again.status_code, again.json()["details"]) == (409, {"offset": half})
    head = desk.head(f"{BASE}{upload}/")
    assert (head.status_code, head["Upload-Offset"], head.content) == (200, str(half), b"")

    last = send(desk, upload, half, CONTENT[half:])
    assert last["Upload-Offset"] == str(len(CONTENT))
    received = Upload.objects.get(key=upload)
    with django_capture_on_commit_callbacks(execute=True):
        put_the_parts_together(UploadReceived(upload_id=received.pk))
    # By itself: a delivery is a transaction, and 20 GB take longer than one may.
    assert (uploads.TASK, {"upload_id": received.pk}) in scheduled
    portal_tasks.assemble_upload(upload_id=received.pk)
    done = desk.get(f"{BASE}{upload}/").json()
    assert (done["status"], done["deliverable"]) == ("finished", "DV-2026-0001")
    row = desk.get("/api/client-management/deliverables/DV-2026-0001/").json()
    assert row["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert row["status"] == "uploaded"


def test_what_cannot_be_is_refused(desk, job, settings):
    settings.DELIVERABLE_MAX_BYTES = 1000
    settings.DELIVERABLE_PART_MAX_BYTES = 100
    refused = [
        begin(desk, job, size_bytes=1001),
        begin(desk, job, sha256="x"),
        begin(desk, job, size_bytes=0),
        begin(desk, job, job="JOB-2026-9999"),
        begin(desk, job, color="red"),
        begin(desk, job, kind="program"),
        begin(desk, job, file_name="map.HTML"),
        begin(desk, job, file_name="setup.exe. "),
        desk.post(BASE, {"job": job.number}),
    ]
    assert {answer.status_code for answer in refused} == {400}

    upload = begin(desk, job).json()["key"]
    assert send(desk, upload, 0, b"x" * 101).json()["code"] == "upload_part_refused"
    assert send(desk, upload, "x", b"x").status_code == 400
    assert send(desk, upload, 0, b"x", **{"upload-checksum": "md5 x"}).status_code == 400
    assert send(desk, upload, 0, b"").status_code == 400
    plain = desk.patch(f"{BASE}{upload}/", {"a": 1}, headers={"upload-offset": "0"})
    assert plain.status_code == 415
    assert desk.delete(f"{BASE}{upload}/").status_code == 204
    assert send(desk, upload, 0, b"x").json()["code"] == "upload_closed"
    assert desk.delete(f"{BASE}{upload}/").status_code == 409
    assert desk.get(f"{BASE}{'0' * 32}/").status_code == 404


def test_a_download_goes_on_from_any_byte_and_is_one_on_record(desk, job, actor, now):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    where = f"/api/client-management/deliverables/{shown.number}/download/"

    whole = desk.get(where)
    assert had(whole) == CONTENT
    assert (whole["Content-Type"], whole["ETag"].strip('"')) == (
        "image/tiff", hashlib.sha256(CONTENT).hexdigest()
    )  # fmt: skip
    assert whole["Content-Disposition"] == 'attachment; filename="ortho.tif"'
    rest = desk.get(where, headers={"range": "bytes=100-"})
    assert (rest.status_code, had(rest)) == (206, CONTENT[100:])
    assert rest["Content-Range"] == f"bytes 100-{len(CONTENT) - 1}/{len(CONTENT)}"
    piece = desk.get(where, headers={"range": "bytes=2-5"})
    assert had(piece) == CONTENT[2:6]
    assert desk.get(where, headers={"range": "bytes=9999-"}).status_code == 416
    assert desk.head(where).status_code == 200
    assert DeliverableDownload.objects.count() == 1
    same = desk.get(where, headers={"range": "bytes=2-5", "if-range": whole["ETag"]})
    other = desk.get(where, headers={"range": "bytes=2-5", "if-range": '"0"'})
    assert (same.status_code, other.status_code, had(other)) == (206, 200, CONTENT)


def test_all_but_the_first_byte_is_a_download_too(desk, job, actor, now):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    where = f"/api/client-management/deliverables/{shown.number}/download/"

    assert had(desk.get(where, headers={"range": "bytes=1-"})) == CONTENT[1:]
    assert DeliverableDownload.objects.count() == 1
    assert desk.get(where, headers={"range": "bytes=9-"}).status_code == 206
    assert DeliverableDownload.objects.count() == 1


def test_a_link_hands_out_until_it_is_over(client, job, actor, now, monkeypatch):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    link = share_links.share(shown, days=2, label="Surveyor", actor=actor, at=now)
    address = share_links.address_of(link).split("8000", 1)[1]

    page = client.get(address)
    assert (page.status_code, shown.title in page.content.decode()) == (200, True)
    assert page["Referrer-Policy"] == "same-origin"
    assert had(client.get(f"{address}download/")) == CONTENT
    assert DeliverableDownload.objects.get().link == link
    assert client.get(f"/portal/shared/{'x' * 43}/").status_code == 404

    share_links.revoke_share(link, actor=actor, at=now)
    assert client.get(address).status_code == 410
    assert client.get(f"{address}download/").status_code == 302
    later = share_links.share(shown, days=1, actor=actor, at=now)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later.expires_at)
    assert client.get(share_links.address_of(later).split("8000", 1)[1]).status_code == 410


def test_keys_that_do_not_include_something_are_told_so(client_for, client_org, actor, now, job):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    viewer = client_for(key(client_org, actor, now, level="viewer").user)
    base = f"/api/client-management/portal/organizations/{client_org.number}/"

    for method, end in (
        ("get", f"deliverables/{shown.number}/download/"),
        ("post", f"deliverables/{shown.number}/accept/"),
        ("get", "invoices/"),
        ("get", f"jobs/{job.number}/positions/"),
        ("post", "requests/"),
    ):
        answer = getattr(viewer, method)(base + end)
        assert (answer.status_code, answer.json()["code"]) == (403, "portal_not_permitted"), end
    assert viewer.get(f"{base}jobs/").status_code == 200


def test_an_issue_is_accepted_once_and_only_the_one_that_was_looked_at(
    client_for, client_org, actor, now, job
):
    shown = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    owner = client_for(key(client_org, actor, now).user)
    base = (
        f"/api/client-management/portal/organizations/{client_org.number}/deliverables/"
        f"{shown.number}/"
    )

    assert owner.post(f"{base}accept/", {"issue": 2}).json()["code"] == "deliverable_issue_differs"
    assert owner.post(f"{base}rework/", {"issue": 1}).status_code == 400
    once = {"headers": {"idempotency-key": "k"}}
    first = owner.post(f"{base}accept/", {"issue": 1, "note": "Good"}, **once)
    again = owner.post(f"{base}accept/", {"issue": 1, "note": "Good"}, **once)
    assert (first.json()["status"], again.json()) == ("accepted", first.json())
    assert owner.post(f"{base}accept/", {"issue": 1}).status_code == 409
    assert shown.reviews.get().note == "Good"


def test_roles_may_what_their_work_needs(client_for, job):
    pilot = UserFactory()
    seed_roles()
    hold(pilot, Role.objects.get(code="remote_pilot"))
    assert begin(client_for(pilot), job).status_code == 403
