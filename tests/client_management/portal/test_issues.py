"""Older issues of deliverables: what a client was given stays theirs until its time is over."""

import hashlib
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from client_management.models import Deliverable, DeliverableDownload, DeliverableIssue
from client_management.services import deliverables, share_links
from common.models import AuditEvent
from tests.client_management import scene
from tests.client_management.portal.people import CONTENT, handed_in, key
from tests.client_management.portal.test_upload_api import had
from tests.users.factories import UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
STAFF = "/api/client-management/deliverables/"
SECOND = CONTENT + b"second"


@pytest.fixture
def job(client_org, actor, now):
    return scene.job(client_org, actor, now)


@pytest.fixture
def twice(job, actor, now):
    """Issue 1 was given and sent back; issue 2 is here, and nobody has released it."""
    first = deliverables.release_deliverable(handed_in(job, actor, now), actor=actor, at=now)
    deliverables.send_back(first, issue=1, note="North is missing", actor=actor, at=now)
    return handed_in(job, actor, now, content=SECOND, deliverable=first)


@pytest.fixture
def client(owner, client_for):
    return client_for(owner)


@pytest.fixture
def release(actor, now):
    return lambda row: deliverables.release_deliverable(row, actor=actor, at=now)


@pytest.fixture
def desk(client_for):
    return client_for(UserFactory(is_superuser=True))


def portal(client_org, row):
    base = "/api/client-management/portal/organizations/"
    return f"{base}{client_org.number}/deliverables/{row.number}/"


def numbers(answer):
    assert answer.status_code == 200, answer.json()
    return [each["issue"] for each in answer.json()["results"]]


def test_a_client_has_every_issue_it_was_given_and_no_other(
    twice, client_org, owner, client, release
):
    where = portal(client_org, twice)

    assert numbers(client.get(f"{where}issues/")) == [1]
    assert had(client.get(f"{where}issues/1/download/")) == CONTENT
    download = DeliverableDownload.objects.get()
    assert (download.issue.issue, download.user) == (1, owner)
    for other in ("2", "3", "0", "-1", "x", "9999999999"):
        assert client.get(f"{where}issues/{other}/download/").status_code == 404, other

    release(twice)
    assert numbers(client.get(f"{where}issues/")) == [2, 1]
    assert had(client.get(f"{where}issues/1/download/")) == CONTENT
    assert had(client.get(f"{where}issues/2/download/")) == SECOND
    assert had(client.get(f"{where}download/")) == SECOND
    rest = client.get(f"{where}issues/1/download/", headers={"range": "bytes=9-"})
    assert (rest.status_code, had(rest)) == (206, CONTENT[9:])
    assert DeliverableDownload.objects.filter(user=owner).count() == 4


def test_a_deliverable_stays_listed_as_it_was_given_while_the_next_issue_is_made(
    twice, client_org, client, release
):
    where = portal(client_org, twice)
    everything = where.partition("deliverables/")[0] + "deliverables/"
    facts = ("issue", "sha256", "size_bytes")
    first = (1, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    second = (2, hashlib.sha256(SECOND).hexdigest(), len(SECOND))

    (listed,) = client.get(everything).json()["results"]
    read = client.get(where).json()
    assert [tuple(each[name] for name in facts) for each in (listed, read)] == [first, first]
    assert read["status"] == "uploaded"
    assert had(client.get(f"{where}download/")) == CONTENT
    assert DeliverableDownload.objects.get().issue.issue == 1

    release(twice)
    (listed,) = client.get(everything).json()["results"]
    assert tuple(listed[name] for name in facts) == second
    assert had(client.get(f"{where}download/")) == SECOND


@pytest.mark.parametrize("issue", [1, 2])
@pytest.mark.parametrize("verdict", ["accept", "rework"])
def test_nobody_reviews_an_issue_that_was_not_released(twice, client_org, client, issue, verdict):
    answer = client.post(
        f"{portal(client_org, twice)}{verdict}/", {"issue": issue, "note": "x"}, format="json"
    )

    code = "deliverable_issue_differs" if issue == 1 else "transition_not_allowed"
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert Deliverable.objects.get(pk=twice.pk).status == "uploaded"
    assert twice.reviews.count() == 1


def test_what_was_never_released_is_not_there(job, client_org, client, actor, now):
    where = portal(client_org, handed_in(job, actor, now))

    assert client.get(f"{where}issues/").status_code == 404
    assert client.get(f"{where}issues/1/download/").status_code == 404
    assert not DeliverableDownload.objects.exists()


@pytest.fixture
def strangers(client_org, actor, now):
    """Somebody of the client's who may only look, and another client's owner."""
    looks = key(client_org, actor, now, level="viewer").user
    return looks, key(scene.client(actor, now), actor, now).user


def test_only_keys_that_allow_it_and_only_the_own_client(
    twice, client_org, client_for, api, strangers
):
    where = portal(client_org, twice)
    viewer, other = map(client_for, strangers)
    download = f"{where}issues/1/download/"

    assert numbers(viewer.get(f"{where}issues/")) == [1]
    assert viewer.get(download).json()["code"] == "portal_not_permitted"
    for path in (f"{where}issues/", download):
        assert other.get(path).status_code == 404
        assert api.get(path).status_code == 401
    assert not DeliverableDownload.objects.exists()


def test_the_desk_lists_and_has_every_issue_and_each_is_on_record(twice, desk, client_for, api):
    where = f"{STAFF}{twice.number}/"

    assert numbers(desk.get(f"{where}issues/")) == [2, 1]
    assert had(desk.get(f"{where}issues/1/download/")) == CONTENT
    assert had(desk.get(f"{where}issues/2/download/")) == SECOND
    taken = desk.get(f"{where}downloads/").json()["results"]
    assert [each["issue"] for each in taken] == [2, 1]
    for other in ("3", "x", "99999999"):
        assert desk.get(f"{where}issues/{other}/download/").status_code == 404
    assert client_for(UserFactory()).get(f"{where}issues/1/download/").status_code == 403
    assert api.get(f"{where}issues/1/download/").status_code == 401
    assert DeliverableDownload.objects.count() == 2


def test_the_page_names_the_earlier_issues(twice, client_org, owner, release):
    release(twice)
    browser = Browser()
    browser.force_login(owner)
    where = f"/portal/{client_org.number}/deliverables/{twice.number}/"
    page = browser.get(where).content.decode()

    assert f"{where}issues/1/download/" in page
    assert f"{where}issues/2/download/" not in page
    assert had(browser.get(f"{where}issues/1/download/")) == CONTENT
    assert browser.get(f"{where}issues/3/download/").status_code == 404


def test_the_pages_show_the_issue_that_was_given_while_the_next_one_is_made(
    twice, client_org, owner
):
    browser = Browser()
    browser.force_login(owner)
    base = f"/portal/{client_org.number}"
    where = f"{base}/deliverables/{twice.number}/"

    for page in (f"{base}/deliverables/", f"{base}/jobs/{twice.job.number}/", where):
        text = browser.get(page).content.decode()
        assert twice.number in text, page
        assert "A new issue is being made" in text, page
    assert hashlib.sha256(CONTENT).hexdigest() in text
    assert hashlib.sha256(SECOND).hexdigest() not in text
    assert "<dd>1</dd>" in text
    assert "Your review" not in text
    assert "Earlier issues" not in text
    assert had(browser.get(f"{where}download/")) == CONTENT


def over(row):
    """The first day on which all of a deliverable's files may be deleted."""
    last = max(row.issues.values_list("retained_until", flat=True))
    return last + timedelta(days=1)


@pytest.fixture
def later(twice, now, monkeypatch):
    """The first moment after the time of both issues."""
    moment = now.replace(
        year=over(twice).year, month=over(twice).month, day=over(twice).day, hour=0, minute=1
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


def paths(row):
    return [str(name) for name in row.issues.values_list("file", flat=True)]


@pytest.fixture
def drop(desk, twice, later, django_capture_on_commit_callbacks):
    def ask(reason="Time is over", **how):
        with django_capture_on_commit_callbacks(execute=True):
            return desk.post(f"{STAFF}{twice.number}/drop/", {"reason": reason}, **how)

    return ask


def test_after_their_time_the_bytes_go_and_the_rows_stay(twice, later, drop, owner):
    deliverables.hand_out(twice, user=owner, at=later)
    kept = paths(twice)
    answer = drop()
    issues = list(DeliverableIssue.objects.filter(deliverable=twice).order_by("issue"))

    assert (answer.status_code, answer.json()["is_dropped"]) == (200, True)
    assert len(kept) == 2
    assert not any(default_storage.exists(name) for name in kept)
    hashes = [hashlib.sha256(each).hexdigest() for each in (CONTENT, SECOND)]
    assert [each.sha256 for each in issues] == hashes
    assert {(each.dropped_because, each.dropped_at) for each in issues} == {("Time is over", later)}
    assert twice.reviews.get().note == "North is missing"
    assert DeliverableDownload.objects.filter(issue__deliverable=twice).count() == 1


def test_files_are_dropped_once(twice, drop):
    once = {"headers": {"idempotency-key": "drop"}}
    first, replay, again = drop(**once), drop(**once), drop("Once more")

    assert (first.status_code, replay.json()) == (200, first.json())
    assert (again.status_code, again.json()["code"]) == (409, "deliverable_already_dropped")
    assert AuditEvent.objects.filter(action="deliverable.dropped").count() == 1


def test_who_asks_for_dropped_files_is_told_so(twice, drop, client_org, client, desk):
    assert drop().status_code == 200
    staff = [desk.get(f"{STAFF}{twice.number}/issues/{n}/download/") for n in (1, 2)]
    theirs = client.get(f"{portal(client_org, twice)}issues/1/download/")

    for gone in (*staff, theirs):
        assert (gone.status_code, gone.json()["code"]) == (410, "deliverable_files_gone")
        assert gone["Content-Type"] == "application/problem+json"
    assert not DeliverableDownload.objects.exists()


@pytest.fixture
def last(later, monkeypatch):
    """A moment of the last day on which they are kept."""
    moment = later - timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    return moment


def test_until_their_last_day_they_are_kept(twice, last, desk, client_for, api):
    address = f"{STAFF}{twice.number}/drop/"
    refused = desk.post(address, {"reason": "Too early"})

    assert (refused.status_code, refused.json()["code"]) == (409, "deliverable_still_retained")
    assert last.date().isoformat() in refused.json()["detail"]
    assert desk.post(address, {}).status_code == 400
    assert desk.post(address, {"reason": "x" * 2001}).status_code == 400
    assert client_for(UserFactory()).post(address, {"reason": "x"}).status_code == 403
    assert api.post(address, {"reason": "x"}).status_code == 401
    assert all(default_storage.exists(name) for name in paths(twice))
    with pytest.raises(IntegrityError), transaction.atomic():
        DeliverableIssue.objects.filter(deliverable=twice).update(
            file="", dropped_at=last, dropped_because="Raw"
        )


def test_a_younger_issue_holds_the_older_ones(job, actor, now, desk, monkeypatch):
    first = deliverables.release_deliverable(
        handed_in(job, actor, now, retention="short"), actor=actor, at=now
    )
    deliverables.send_back(first, issue=1, note="Again", actor=actor, at=now)
    handed_in(job, actor, now + timedelta(days=60), content=SECOND, deliverable=first)
    moment = now + timedelta(days=100)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
    refused = desk.post(f"{STAFF}{first.number}/drop/", {"reason": "The first is over"})

    assert refused.json()["code"] == "deliverable_still_retained"
    assert (now + timedelta(days=150)).date().isoformat() in refused.json()["detail"]
    assert all(default_storage.exists(name) for name in paths(first))


def test_a_shared_link_to_dropped_files_hands_out_nothing(
    twice, later, actor, django_capture_on_commit_callbacks
):
    Deliverable.objects.filter(pk=twice.pk).update(status="ready")
    link = share_links.share(twice, days=1, actor=actor, at=later)
    address = share_links.address_of(link).split("8000", 1)[1]
    with django_capture_on_commit_callbacks(execute=True):
        deliverables.drop_files(twice, reason="Time is over", actor=actor, at=later)

    assert Browser().get(f"{address}download/").status_code == 404
    assert not DeliverableDownload.objects.exists()


def test_roles_that_may_download_may_have_older_issues(twice, client_for):
    seed_roles()
    maker = UserFactory()
    hold(maker, Role.objects.get(code="flight_coordinator"))

    assert had(client_for(maker).get(f"{STAFF}{twice.number}/issues/1/download/")) == CONTENT
