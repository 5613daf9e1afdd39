"""Files of a request over HTTP and on its page; the area that one of them draws."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from client_management.models import MessageFile, ServiceRequest
from tests.client_management import scene
from tests.client_management.portal.people import key
from tests.client_management.portal.test_messages import PNG
from tests.client_management.portal.test_upload_api import had
from tests.client_management.test_area_files import RING, kml, kmz, moved, polygon
from tests.users.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
DESK = "/api/client-management/service-requests/"
TIFF = b"II*\x00" + b"elevation" * 20


@pytest.fixture
def row(client_org, actor, now):
    return scene.request(client_org, actor, now)


@pytest.fixture
def client(owner, client_for):
    return client_for(owner)


def portal(client_org, row):
    base = "/api/client-management/portal/organizations/"
    return f"{base}{client_org.number}/requests/{row.number}/"


def named(content, name="plan.bin"):
    return SimpleUploadedFile(name, content)


def send(client, where, content, *, version=None, **headers):
    if version is not None:
        headers["if-match"] = f'"{version}"'
    return client.post(where, {"file": named(content)}, format="multipart", headers=headers)


def test_files_of_a_request_are_listed_with_it_and_known_by_content(client_org, row, client):
    where = f"{portal(client_org, row)}files/"
    files = [named(TIFF, "dem.exe"), named(kml(polygon()), "area.txt"), named(PNG, "a.pdf")]
    kept = client.post(where, {"files": files}, format="multipart")

    assert kept.status_code == 201, kept.json()
    listed = client.get(where).json()["results"]
    assert [each["file_name"] for each in listed] == ["a.png", "area.kml", "dem.tif"]
    assert listed[2]["sha256"] == hashlib.sha256(TIFF).hexdigest()
    one = portal(client_org, row).replace("requests", "messages")
    assert had(client.get(f"{one}files/{listed[2]['id']}/")) == TIFF
    refused = client.post(where, {"files": [named(b"MZ\x90")]}, format="multipart")
    assert (refused.status_code, refused.json()["code"]) == (400, "upload_refused")
    assert "KML" in refused.json()["detail"]
    assert MessageFile.objects.count() == 3


def test_a_file_draws_the_area_and_is_kept(client_org, row, client):
    where = f"{portal(client_org, row)}area-file/"
    other = moved(RING, 0.1)
    once = {"idempotency-key": "area"}
    answer = send(client, where, kmz(kml(polygon(), polygon(other))), version=row.version, **once)
    replay = send(client, where, kmz(kml(polygon(), polygon(other))), version=row.version, **once)
    row.refresh_from_db()

    assert answer.status_code == 200, answer.json()
    assert answer.json()["area"]["type"] == "MultiPolygon"
    assert [list(map(list, part[0].coords)) for part in row.area] == [RING, other]
    assert answer.json()["area_m2"] == row.area_m2 > 1_000_000
    assert replay.json()["version"] == answer.json()["version"]
    assert MessageFile.objects.get().file_name == "plan.kmz"


BOW = [[149.1, -35.3], [149.11, -35.31], [149.11, -35.3], [149.1, -35.31], [149.1, -35.3]]
SPECK = [[149.1, -35.3], [149.1000001, -35.3], [149.1000001, -35.3000001], [149.1, -35.3]]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (kml(polygon(BOW)), ("invalid", "Self-intersection")),
        (kml(polygon(), polygon()), ("invalid", "not valid")),
        (kml(polygon(RING[:-1])), ("invalid", "closed")),
        (kml(polygon([[200, 1], [201, 1], [201, 2], [200, 1]])), ("invalid", "not a longitude")),
        (kml(polygon(SPECK)), ("invalid", "1 square metre")),
        (kml("<Point><coordinates>1,2</coordinates></Point>"), ("area_file_refused", "no polygon")),
        (PNG, ("area_file_refused", "neither KML")),
        (b"MZ\x90", ("upload_refused", "files are taken")),
    ],
    ids=["bow", "twice", "open", "off earth", "speck", "point", "picture", "program"],
)
def test_an_area_that_cannot_be_is_refused_and_changes_nothing(
    client_org, row, client, content, told
):
    code, said = told
    answer = send(client, f"{portal(client_org, row)}area-file/", content, version=row.version)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.json()["code"], said in answer.content.decode()) == (code, True), answer.json()
    assert ServiceRequest.objects.get(pk=row.pk).area == row.area
    assert not MessageFile.objects.exists()


def test_a_stale_version_no_version_and_a_request_that_is_offered_are_refused(
    client_org, row, client, actor, now
):
    where = f"{portal(client_org, row)}area-file/"
    stale = send(client, where, kml(polygon()), version=row.version + 1)
    blind = send(client, where, kml(polygon()))
    scene.sent(row, actor, now)
    row.refresh_from_db()
    offered = send(client, where, kml(polygon()), version=row.version)

    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert blind.status_code == 428
    assert (offered.status_code, offered.json()["code"]) == (409, "request_not_editable")
    assert client.post(where, {}, format="multipart").status_code == 400
    assert not MessageFile.objects.exists()


@pytest.fixture
def strangers(client_org, actor, now):
    """Somebody of the client's who may only look, and another client's owner."""
    looks = key(client_org, actor, now, level="viewer").user
    return looks, key(scene.client(actor, now), actor, now).user


def test_only_who_may_ask_for_work_hands_files_in(client_org, row, client_for, api, strangers):
    viewer, other = map(client_for, strangers)
    base = portal(client_org, row)
    for end in ("files/", "area-file/"):
        where = base + end
        assert viewer.post(where, {"body": "x"}, format="multipart").status_code == 403
        assert other.post(where, {"body": "x"}, format="multipart").status_code == 404
        assert api.post(where, {"body": "x"}, format="multipart").status_code == 401
    assert viewer.get(f"{base}files/").status_code == 200
    assert other.get(f"{base}files/").status_code == 404


def test_the_desk_takes_an_area_from_a_file_too(row, client_for, api):
    where = f"{DESK}{row.number}/area-file/"
    boss = client_for(UserFactory(is_superuser=True))
    answer = send(boss, where, kml(polygon()), version=row.version)

    assert answer.status_code == 200, answer.json()
    assert answer.json()["area"]["coordinates"] == [[RING]]
    assert boss.get(f"{DESK}{row.number}/files/").json()[0]["file_name"] == "plan.kml"
    assert send(client_for(UserFactory()), where, kml(polygon())).status_code == 403
    assert send(api, where, kml(polygon())).status_code == 401
    assert (
        send(boss, f"{DESK}SR-2020-0001/area-file/", kml(polygon()), version=1).status_code == 404
    )


def test_the_page_takes_files_and_the_area_and_says_what_is_wrong(client_org, row, owner):
    browser = Browser()
    browser.force_login(owner)
    page = f"/portal/{client_org.number}/requests/{row.number}/"
    kept = browser.post(f"{page}files/", {"files": named(TIFF), "step": "keep"})
    drawn = browser.post(f"{page}files/", {"files": named(kml(polygon())), "step": "area"})
    wrong = browser.post(f"{page}files/", {"files": named(kml(polygon(BOW))), "step": "area"})
    none = browser.post(f"{page}files/", {"step": "keep"})
    row.refresh_from_db()

    assert (kept.status_code, drawn.status_code) == (303, 303)
    assert [list(each) for each in row.area[0][0].coords] == RING
    assert (wrong.status_code, none.status_code) == (400, 400)
    assert "Self-intersection" in wrong.content.decode()
    shown = browser.get(page).content.decode()
    assert "plan.tif" in shown
    assert "plan.kml" in shown
    assert MessageFile.objects.count() == 2


def test_a_page_that_is_overtaken_changes_nothing(client_org, row, owner):
    browser = Browser()
    browser.force_login(owner)
    page = f"/portal/{client_org.number}/requests/{row.number}/"
    assert f'name="version" value="{row.version}"' in browser.get(page).content.decode()
    assert f'name="version" value="{row.version}"' in browser.get(f"{page}edit/").content.decode()
    before = row.area.wkt

    sent = {"files": named(kml(polygon())), "step": "area", "version": row.version - 1}
    answer = browser.post(f"{page}files/", sent)

    row.refresh_from_db()
    assert answer.status_code == 412
    assert row.area.wkt == before
    assert MessageFile.objects.count() == 0
