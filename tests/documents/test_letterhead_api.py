"""The letterhead over HTTP: entered once, changed by who read it, told apart by its version."""

import base64
import io

import pytest
from PIL import Image

from documents.models import Letterhead
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
ADDRESS = "/api/documents/letterhead/"


@pytest.fixture
def desk(client_for):
    user = UserFactory()
    grant(user, "documents.view_letterhead", "documents.change_letterhead")
    return client_for(user)


def logo(size=(40, 20)):
    kept = io.BytesIO()
    Image.new("RGB", size, "navy").save(kept, "PNG")
    return kept.getvalue()


def test_it_is_entered_and_changed_by_who_read_it(desk):
    before = desk.get(ADDRESS)
    assert (before.json()["name"], before.json()["version"]) == ("Windsock", 0)
    given = {"name": "Southern Air", "color": "#123456", "logo": base64.b64encode(logo()).decode()}

    made = desk.patch(ADDRESS, given, headers={"if-match": before["ETag"]})

    assert (made.status_code, made.json()["has_logo"], made["ETag"]) == (200, True, '"1"')
    assert bytes(Letterhead.objects.get().logo) == logo()
    stale = desk.patch(ADDRESS, {"phone": "1"}, headers={"if-match": before["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    last = desk.patch(ADDRESS, {"logo": None}, headers={"if-match": made["ETag"]})
    assert (last.json()["has_logo"], last.json()["name"], last.json()["version"]) == (
        False,
        "Southern Air",
        2,
    )


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, 400),
        ({"phone": "1"}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 121}, 400),
        ({"name": "A", "color": "red"}, 400),
        ({"name": "A", "color": "#123456;}"}, 400),
        ({"name": "A", "email": "x"}, 400),
        ({"name": "A", "logo": "MZ!"}, 400),
        ({"name": "A", "logo": base64.b64encode(b"<svg/>").decode()}, 400),
        ({"name": "A", "logo": base64.b64encode(logo((2001, 2000))).decode()}, 400),
        ({"name": "A", "secret": 1}, 400),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_kept(desk, given, status):
    answer = desk.patch(ADDRESS, given, headers={"if-match": '"0"'})

    assert answer.status_code == status
    assert not Letterhead.objects.exists()


def test_a_change_names_the_version_it_saw(desk):
    assert desk.patch(ADDRESS, {"name": "A"}).status_code == 428


def test_who_may_only_read_changes_nothing(client_for):
    user = UserFactory()
    grant(user, "documents.view_letterhead")

    answer = client_for(user).patch(ADDRESS, {"name": "A"}, headers={"if-match": '"0"'})

    assert answer.status_code == 403
    assert not Letterhead.objects.exists()
