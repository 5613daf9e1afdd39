"""Share links over HTTP: made by the desk, opened by somebody without an account, and over."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from client_management.models import Deliverable, DeliverableDownload, ShareLink
from tests.client_management.portal.people import CONTENT
from tests.client_management.portal.test_upload_api import had
from tests.users.factories import UserFactory, grant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
BASE = "/api/client-management/"


@pytest.fixture
def made(boss, peers):
    """A link to our client's deliverable, as the desk gets it."""
    where = f"{BASE}deliverables/{peers.ours.deliverable.number}/share/"
    answer = boss.post(where, {"days": 14, "label": "Surveyor"}, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


@pytest.fixture
def stranger():
    return Browser()


def path_of(link):
    return "/portal/shared/" + link["address"].rstrip("/").rpartition("/")[2] + "/"


def downloads(client):
    rows = DeliverableDownload.objects.filter(issue__deliverable=client.deliverable)
    return rows.order_by("pk")


def test_a_link_that_the_desk_made_is_opened_and_downloaded_without_signing_in(
    made, stranger, boss, peers, now
):
    row = peers.ours.deliverable
    assert (made["deliverable"], made["label"], made["revoked_at"]) == (
        row.number,
        "Surveyor",
        None,
    )
    assert ShareLink.objects.get(pk=made["id"]).expires_at == now + timedelta(days=14)

    shown = stranger.get(path_of(made))
    file = stranger.get(f"{path_of(made)}download/")

    assert shown.status_code == 200
    assert row.title in shown.content.decode()
    assert shown["Referrer-Policy"] == "same-origin"
    assert shown["X-Robots-Tag"] == "noindex"
    assert (file.status_code, had(file)) == (200, CONTENT)
    assert file["Content-Disposition"].startswith("attachment")
    (log,) = boss.get(f"{BASE}deliverables/{row.number}/downloads/").json()["results"]
    assert log["link"] == made["id"]
    kept = downloads(peers.ours).get()
    assert (kept.link_id, kept.user_id, kept.downloaded_at) == (made["id"], None, now)


def test_each_download_counts_and_looking_does_not(made, stranger, boss, peers):
    address = f"{path_of(made)}download/"

    stranger.get(path_of(made))
    stranger.head(address)
    stranger.get(address, headers={"range": "bytes=999999999-"})
    assert not downloads(peers.ours).exists()
    stranger.get(address)
    stranger.get(address)
    # What goes on from a later byte is the same download.
    assert stranger.get(address, headers={"range": "bytes=4-"}).status_code == 206

    assert downloads(peers.ours).count() == 2
    row = boss.get(f"{BASE}deliverables/{peers.ours.deliverable.number}/").json()
    assert row["download_count"] == 2


def test_a_link_that_ran_out_leads_to_no_file(made, stranger, peers, monkeypatch, now):
    until = ShareLink.objects.get(pk=made["id"]).expires_at
    monkeypatch.setattr("django.utils.timezone.now", lambda: until - timedelta(seconds=1))
    assert stranger.get(path_of(made)).status_code == 200
    monkeypatch.setattr("django.utils.timezone.now", lambda: until)

    shown = stranger.get(path_of(made))
    file = stranger.get(f"{path_of(made)}download/")

    assert shown.status_code == 410
    assert peers.ours.deliverable.title not in shown.content.decode()
    assert (file.status_code, file["Location"]) == (302, path_of(made))
    assert not downloads(peers.ours).exists()


def test_a_link_that_was_taken_back_is_over_at_once_and_is_taken_back_once(
    made, stranger, boss, peers
):
    revoke = f"{BASE}share-links/{made['id']}/revoke/"

    answer = boss.post(revoke)
    again = boss.post(revoke)

    assert (answer.status_code, answer.json()["address"]) == (200, "")
    assert (again.status_code, again.json()["code"]) == (410, "share_link_closed")
    assert stranger.get(path_of(made)).status_code == 410
    assert stranger.get(f"{path_of(made)}download/").status_code == 302
    assert not downloads(peers.ours).exists()


def test_what_was_sent_back_is_no_longer_behind_its_link(made, stranger, peers):
    Deliverable.objects.filter(pk=peers.ours.deliverable.pk).update(status="uploaded")

    assert stranger.get(path_of(made)).status_code == 410
    assert stranger.get(f"{path_of(made)}download/").status_code == 302


@pytest.mark.parametrize("token", ["x" * 43, "x", "y" * 500, "%00", "ü"])
def test_a_wrong_token_opens_nothing(made, stranger, token):
    for end in ("", "download/"):
        assert stranger.get(f"/portal/shared/{token}/{end}").status_code == 404


def test_a_token_with_one_other_character_opens_nothing(made, stranger):
    token = path_of(made).split("/")[-2]
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")

    assert stranger.get(f"/portal/shared/{changed}/").status_code == 404


def test_a_link_leads_to_its_deliverable_and_to_nothing_else(made, stranger, peers):
    """Who holds a link is nobody in the portal and at the API."""
    stranger.get(path_of(made))
    for client in (peers.ours, peers.theirs):
        number, what = client.organization.number, client.deliverable.number
        page = stranger.get(f"/portal/{number}/deliverables/{what}/download/")
        assert (page.status_code, page["Location"].split("?")[0]) == (302, "/portal/sign-in/")
        where = f"{BASE}portal/organizations/{number}/deliverables/{what}/download/"
        assert stranger.get(where).status_code == 401
        assert had(stranger.get(f"{path_of(made)}download/?deliverable={what}")) == CONTENT
    assert not downloads(peers.theirs).exists()


def test_the_same_key_makes_one_link(boss, peers):
    where = f"{BASE}deliverables/{peers.ours.deliverable.number}/share/"
    key = {"HTTP_IDEMPOTENCY_KEY": "one-link"}

    first = boss.post(where, {"days": 3}, format="json", **key)
    again = boss.post(where, {"days": 3}, format="json", **key)
    other = boss.post(where, {"days": 4}, format="json", **key)

    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert other.status_code == 422
    assert ShareLink.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"days": 0}, {"days": 91}, {"days": "x"}, {"days": 1, "label": "x" * 201}, {"day": 1}],
)
def test_a_link_that_cannot_be_is_refused(boss, peers, body):
    where = f"{BASE}deliverables/{peers.ours.deliverable.number}/share/"

    assert boss.post(where, body, format="json").status_code == 400
    assert not ShareLink.objects.exists()


def test_what_no_client_was_shown_is_not_shared(boss, peers):
    row = peers.ours.deliverable
    Deliverable.objects.filter(pk=row.pk).update(status="uploaded")

    answer = boss.post(f"{BASE}deliverables/{row.number}/share/", {"days": 1}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed")
    assert not ShareLink.objects.exists()


def test_only_the_desk_makes_and_takes_back_links(made, api, client_for, peers):
    where = f"{BASE}deliverables/{peers.ours.deliverable.number}/share/"
    looker = UserFactory()
    grant(looker, "client_management.view_deliverable", "client_management.view_sharelink")
    refused = [client_for(each) for each in (looker, UserFactory(), peers.ours.person)]

    for end in (where, f"{BASE}share-links/{made['id']}/revoke/"):
        assert api.post(end, {"days": 1}, format="json").status_code == 401
        answers = [each.post(end, {"days": 1}, format="json") for each in refused]
        assert [each.status_code for each in answers] == [403] * 3
    assert ShareLink.objects.get().revoked_at is None
