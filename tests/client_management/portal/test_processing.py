import hashlib
import io
import zipfile
from datetime import timedelta

import pytest

from client_management.models import Deliverable
from client_management.portal_exceptions import NothingToProcess, ProcessingOff
from client_management.services import processing
from common.exceptions import TransitionNotAllowed
from tests.client_management import scene
from tests.client_management.portal.people import CONTENT, handed_in
from tests.client_management.portal.webodm_stand_in import RESULT, webodm

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(settings):
    with webodm() as (url, state):
        settings.PROCESSING_URL = url
        settings.PROCESSING_USER, settings.PROCESSING_PASSWORD = "windsock", "secret"
        yield state


@pytest.fixture
def job(client_org, actor, now):
    return scene.job(client_org, actor, now)


def archive(count=3):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for n in range(count):
            file.writestr(f"flight/IMG_{n}.JPG", b"\xff\xd8\xff" + bytes(50))
        file.writestr("flight/notes.txt", "x")
    return packed.getvalue()


def asked(job, actor, at, content=None):
    photos = handed_in(job, actor, at, content=content or archive(), kind="photos", title="Photos")
    return processing.request_processing(
        job,
        inputs=list(photos.issues.all()),
        wanted=["orthophoto.tif"],
        options={"dsm": "true"},
        actor=actor,
        at=at,
    )


class Clock:
    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at

    def later(self, **by):
        self.at += timedelta(**by)
        return self


def test_pictures_go_there_and_the_map_comes_back_as_a_deliverable(service, job, actor, now):
    clock, run = Clock(now), asked(job, actor, now)

    run = processing.advance(run.pk, clock=clock)
    assert (run.status, run.uploaded_count) == ("queued", 3)
    assert service.pictures == ["00000-IMG_0.JPG", "00001-IMG_1.JPG", "00002-IMG_2.JPG"]
    assert service.tasks[0]["options"] == [{"name": "dsm", "value": "true"}]
    assert len(service.committed) == 1
    assert processing.advance(run.pk, clock=clock) is None, "not before it is time"

    service.status = 20
    run = processing.advance(run.pk, clock=clock.later(minutes=1))
    assert (run.status, run.progress_percent) == ("running", 42)

    service.status = 40
    run = processing.advance(run.pk, clock=clock.later(minutes=1))
    assert (run.status, run.fetched) == ("fetched", ["orthophoto.tif"])
    made = Deliverable.objects.get(job=job, kind="orthophoto").issues.get()
    assert (made.sha256, made.media_type) == (hashlib.sha256(RESULT).hexdigest(), "image/tiff")
    assert made.file.read() == RESULT
    assert processing.advance(run.pk, clock=clock.later(minutes=1)) is None, "over"


def test_a_worker_that_died_is_gone_on_from_where_it_was(service, job, actor, now, monkeypatch):
    clock, run = Clock(now), asked(job, actor, now)
    upload, calls = processing.WebODM.upload, []

    def dies(self, *args):
        calls.append(args)
        if len(calls) == 2:
            raise SystemExit
        upload(self, *args)

    monkeypatch.setattr(processing.WebODM, "upload", dies)
    with pytest.raises(SystemExit):
        processing.advance(run.pk, clock=clock)
    monkeypatch.setattr(processing.WebODM, "upload", upload)

    assert processing.advance(run.pk, clock=clock.later(minutes=1)) is None, "still claimed"
    run = processing.advance(run.pk, clock=clock.later(minutes=12))
    assert (run.status, run.uploaded_count) == ("queued", 3)
    assert len(service.projects) == len(service.tasks) == 1
    assert len(service.pictures) == 3


def test_a_task_whose_answer_was_lost_is_found_again(service, job, actor, now):
    run = asked(job, actor, now)
    service.projects.append({"id": 7, "name": job.number})
    service.tasks.append({"id": "uuid-1", "name": run.number})

    run = processing.advance(run.pk, clock=Clock(now))

    assert (run.project_key, run.task_key, len(service.tasks)) == ("7", "uuid-1", 1)


def test_a_service_in_trouble_is_asked_again_later_and_less_often(service, job, actor, now):
    clock, run = Clock(now), asked(job, actor, now)
    service.failing = 2

    run = processing.advance(run.pk, clock=clock)
    assert (run.status, run.failures, run.next_look_at) == (
        "waiting", 1, now + timedelta(seconds=30)
    )  # fmt: skip
    run = processing.advance(run.pk, clock=clock.later(seconds=30))
    assert (run.failures, run.next_look_at - clock.at) == (2, timedelta(seconds=60))
    run = processing.advance(run.pk, clock=clock.later(seconds=60))
    assert (run.status, run.failures) == ("queued", 0)


def test_what_the_service_says_is_mirrored_and_mistakes_are_final(service, job, actor, now):
    clock, run = Clock(now), asked(job, actor, now)
    run = processing.advance(run.pk, clock=clock)
    service.status = 30
    run = processing.advance(run.pk, clock=clock.later(minutes=1))
    assert (run.status, run.last_error) == ("failed", "no features")

    other = asked(job, actor, now, content=archive(1))
    other = processing.advance(other.pk, clock=Clock(now))
    assert (other.status, other.last_error) == (
        "failed", "The archive holds fewer than two pictures."
    )  # fmt: skip

    service.password = "changed"
    third = asked(job, actor, now, content=archive(4))
    third = processing.advance(third.pk, clock=Clock(now))
    assert third.status == "failed"


@pytest.mark.parametrize(
    "broken", [archive(4)[:200] + archive(4)[220:], b"PK\x03\x04" + bytes(400)], ids=["cut", "fake"]
)
def test_an_archive_that_cannot_be_read_is_a_mistake_for_good(service, job, actor, now, broken):
    run = asked(job, actor, now, content=broken)

    run = processing.advance(run.pk, clock=Clock(now))

    assert run.status == "failed"
    assert run.last_error.startswith("The archive cannot be read")


def test_calling_off_is_told_to_the_service(service, job, actor, now, scheduled):
    run = processing.advance(asked(job, actor, now).pk, clock=Clock(now))

    run = processing.cancel_processing(run, actor=actor, at=now)
    processing.cancel_at_service(run)

    assert (run.status, service.status) == ("canceled", 50)
    with pytest.raises(TransitionNotAllowed):
        processing.cancel_processing(run, actor=actor, at=now)


def test_only_pictures_of_the_job_and_only_with_a_service(settings, job, client_org, actor, now):
    settings.PROCESSING_URL = ""
    with pytest.raises(ProcessingOff):
        asked(job, actor, now)
    settings.PROCESSING_URL = "http://127.0.0.1:9"
    with pytest.raises(NothingToProcess):
        asked(job, actor, now, content=CONTENT)
    other = scene.job(client_org, actor, now)
    photos = handed_in(other, actor, now, content=archive(), kind="photos")
    with pytest.raises(NothingToProcess):
        processing.request_processing(
            job, inputs=list(photos.issues.all()), wanted=[], options={}, actor=actor, at=now
        )
