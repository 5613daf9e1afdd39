"""The pages as somebody uses them, in two languages, without a script or a style of its own."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.gis.geos import GEOSGeometry
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client as Browser
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from client_management.models import ClientMessage, ServiceRequest
from client_management.queries.portal import dashboard
from client_management.services import invitations
from client_management.views.pages.area_text import area_of, text_of
from common.exceptions import InvalidInput
from tests.client_management import scene
from tests.client_management.portal.people import key, peer
from users.models import Role, User
from users.services.seeding import seed_roles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
FOLDER = Path(django_settings.BASE_DIR) / "client_management"
CORNERS = "-24.60, 124.40\n-24.60, 124.41\n-24.61, 124.41\n-24.61, 124.40"


@pytest.fixture
def access(client_org, actor, now):
    return key(client_org, actor, now)


@pytest.fixture
def browser(access):
    made = Browser()
    made.force_login(access.user, backend="users.backends.RoleBackend")
    return made


def page(access, name, *args):
    return reverse(f"portal:{name}", args=[access.organization.number, *args])


def form(**more):
    return {
        "title": "Quarry",
        "service_type": "mapping",
        "gsd_cm": "2,5",
        "products": ["orthophoto", "contours"],
        "area": CORNERS,
        "wanted_from": "2026-04-01",
        "wanted_until": "2026-04-20",
        "priority": "2",
        "step": "submit",
        **more,
    }


def test_a_request_is_typed_drawn_and_handed_in(browser, access):
    answer = browser.post(page(access, "new-request"), form())

    request = ServiceRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        303,
        page(access, "request", request.number),
    )
    assert (request.status, request.access) == ("submitted", access)
    assert request.specifications["gsd_cm"] == 2.5
    assert request.specifications["products"] == ["orthophoto", "contours"]
    assert request.area_m2 == pytest.approx(1_121_000, rel=0.01)
    assert "Quarry" in browser.get(page(access, "requests")).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("area", "", "Draw the area"),
        ("area", "1, 2\n3, 4", "at least three corners"),
        ("area", "here\nthere\nnow", "Line 1 is not"),
        ("area", "{", "not GeoJSON"),
        ("area", "-24.6, 124.4\n-24.61, 124.41\n-24.6, 124.41\n-24.61, 124.4", "not valid"),
        ("gsd_cm", "", "needed for the kind of work"),
        ("gsd_cm", "fine", "not a number"),
        ("wanted_until", "2026-03-01", "Not after"),
        ("title", "", "required"),
    ],
)
def test_a_form_that_cannot_be_says_why_and_keeps_what_was_typed(
    browser, access, field, value, said
):
    answer = browser.post(page(access, "new-request"), form(**{field: value}))

    text = answer.content.decode()
    assert answer.status_code == 400
    assert said in text
    assert 'role="alert"' in text
    assert field == "title" or 'value="Quarry"' in text
    assert not ServiceRequest.objects.exists()


def test_a_form_tells_everything_that_is_wrong_with_it_at_once(browser, access):
    answer = browser.post(
        page(access, "new-request"), form(area="1, 2", gsd_cm="fine", budget="a lot", title="")
    )

    text = answer.content.decode()
    assert answer.status_code == 400
    # What could not be read is not said to be missing as well.
    assert text.split('role="alert"')[1].split("</div>")[0].count("<li>") == 4
    for said in ("three corners", "This is not a number", "valid number", "required"):
        assert said in text
    assert text.count('aria-invalid="true"') == 4


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("1, 2\n1, 2.5\n-1.25, 2.5", "1.0000000, 2.0000000\n1.0000000, 2.5000000\n-1.2500000"),
        ("1, 2\n1, 3\n0, 3\n\n5, 2\n5, 3\n4, 3", "0.0000000, 3.0000000\n\n5.0000000, 2.0000000"),
        (
            '{"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 0]],'
            " [[2, 1], [3, 1], [3, 2], [2, 1]]]}",
            '"Polygon"',
        ),
    ],
)
def test_an_area_is_shown_as_it_can_be_typed_again(typed, shown):
    area = GEOSGeometry(json.dumps(area_of(typed)), srid=4326)

    text = text_of(area)

    assert shown in text
    again = GEOSGeometry(json.dumps(area_of(text)), srid=4326)
    assert again.equals_exact(area, 1e-7)


def test_a_draft_keeps_what_its_form_does_not_show_and_loses_what_was_emptied(
    browser, access, client_org, actor, now
):
    request = scene.request(
        client_org,
        actor,
        now,
        is_submitted=False,
        specifications={"gsd_cm": 2.5, "accuracy_cm": 5, "media": "drive", "side_overlap": 75},
        description="Volumes",
        budget=900,
        max_height_agl_m=90,
    )

    answer = browser.post(
        page(access, "edit-request", request.number),
        form(gsd_cm="3", description="", budget="", step="keep"),
    )

    request.refresh_from_db()
    assert answer.status_code == 303
    assert request.specifications["gsd_cm"] == 3
    kept = [request.specifications[name] for name in ("accuracy_cm", "media", "side_overlap")]
    assert kept == [5, "drive", 75]
    assert (request.description, request.budget, request.max_height_agl_m) == ("", None, 90)
    other = form(service_type="lidar", density_m2="40", step="keep")
    assert browser.post(page(access, "edit-request", request.number), other).status_code == 303
    request.refresh_from_db()
    assert "accuracy_cm" in request.specifications
    assert request.specifications["accuracy_cm"] is None


def test_areas_are_read_from_lines_and_from_geojson():
    square = [[0, 0], [1, 0], [1, 1], [0, 0]]
    polygon = {"type": "Polygon", "coordinates": [square]}
    assert area_of("0 0\n0, 1\n1;1") == {
        "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]
    }  # fmt: skip
    wrapped = {"type": "FeatureCollection", "features": [{"geometry": polygon}] * 2}
    assert area_of(json.dumps(wrapped))["type"] == "MultiPolygon"
    for text in ('{"type": "Point", "coordinates": [0, 0]}', '{"features": 1}', "9" * 400_001):
        with pytest.raises(ValidationError):
            area_of(text)


def test_an_offer_is_read_and_accepted_on_its_page(browser, access, client_org, actor, now):
    quote = scene.sent(scene.request(client_org, actor, now), actor, now)
    where = page(access, "quote", quote.number)

    text = browser.get(where).content.decode()
    assert quote.content_hash in text
    assert text.count("Goods and services tax") == 1
    refused = browser.post(where, {"step": "accept", "content_hash": "0" * 64})
    assert (refused.status_code, "as it was sent" in refused.content.decode()) == (409, True)
    accepted = browser.post(where, {"step": "accept", "content_hash": quote.content_hash})

    quote.refresh_from_db()
    assert (quote.status, quote.answered_through) == ("accepted", access)
    assert accepted["Location"] == page(access, "job", quote.job.number)
    assert "Agreed" in browser.get(accepted["Location"]).content.decode()


def test_a_deliverable_is_sent_back_and_a_message_written(browser, access, client_org, actor, now):
    ours = peer(actor, now)
    theirs = Browser()
    theirs.force_login(ours.person, backend="users.backends.RoleBackend")
    where = reverse("portal:deliverable", args=[ours.organization.number, ours.deliverable.number])

    assert theirs.post(where, {"step": "rework", "issue": 1}).status_code == 400
    assert theirs.post(where, {"step": "rework", "issue": 1, "note": "Dark"}).status_code == 303
    assert "Dark" in theirs.get(where).content.decode()
    thread = reverse("portal:thread", args=[ours.organization.number, ours.job.number])
    assert theirs.post(thread, {"body": ""}).status_code == 400
    assert theirs.post(thread, {"body": "<b>Hello</b>"}).status_code == 303
    assert "&lt;b&gt;Hello&lt;/b&gt;" in theirs.get(thread).content.decode()


def test_the_coverage_of_a_job_is_seen_and_had_as_files(actor, now):
    ours = peer(actor, now)
    browser = Browser()
    browser.force_login(ours.person, backend="users.backends.RoleBackend")

    where = reverse("portal:job", args=[ours.organization.number, ours.job.number])
    text = browser.get(where).content.decode()

    files = re.findall(r'<a href="([^"]+)">(?:KML|GeoJSON)</a>', text)
    kinds = [browser.get(file)["Content-Type"].split(";")[0] for file in files]
    assert kinds == ["application/vnd.google-earth.kml+xml", "application/geo+json"]


def test_signing_in_says_nothing_of_accounts_and_goes_nowhere_else(client_org, access, client):
    access.user.set_password("a long enough secret")
    access.user.save()
    where = reverse("portal:sign-in")
    wrong = client.post(where, {"email": access.user.email, "password": "x"})
    unknown = client.post(where, {"email": "nobody@x.example", "password": "x"})
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    said = [re.findall(r'role="alert">([^<]+)', each.content.decode()) for each in (wrong, unknown)]
    assert said[0] == said[1] != []

    good = {"email": access.user.email, "password": "a long enough secret"}
    answer = client.post(where, {**good, "next": "https://evil.example/portal/"})
    assert answer["Location"] == page(access, "home")
    assert client.get(answer["Location"]).status_code == 200
    client.post(reverse("portal:sign-out"))
    assert client.get(page(access, "home")).status_code == 302


def test_staff_find_the_door_shut(client):
    person = User.objects.create_superuser("s@x.example", "a long enough secret")
    answer = client.post(
        reverse("portal:sign-in"), {"email": person.email, "password": "a long enough secret"}
    )
    assert answer.status_code == 403


def test_an_invitation_opens_the_portal_once(client, client_org, actor, now):
    seed_roles()
    assert Role.objects.filter(code="client").exists()
    invitation = invitations.invite(
        client_org, email="new@client.example", level="requester", actor=actor, at=now
    )
    address = invitations.links.invitation_address(invitation.link_salt).split("8000", 1)[1]
    given = {"first_name": "A", "last_name": "B", "password": "a long enough secret"}

    page = client.get(address)
    assert "new@client.example" in page.content.decode()
    # With `no-referrer` a browser says that its form comes from nowhere, and it is refused.
    assert page["Referrer-Policy"] == "same-origin"
    assert client.post(address, {**given, "password": "short"}).status_code == 400
    answer = client.post(address, given)

    assert answer.status_code == 303
    assert client.get(answer["Location"]).status_code == 200
    assert Browser().post(address, given).status_code == 410
    assert Browser().get(f"/portal/invitations/{'x' * 43}/").status_code == 404


def test_forms_of_other_sites_are_refused(access):
    made = Browser(enforce_csrf_checks=True)
    made.force_login(access.user, backend="users.backends.RoleBackend")

    assert made.post(page(access, "wishes"), {"digest": "never"}).status_code == 403
    access.refresh_from_db()
    assert access.digest == "at_once"


def test_wishes_are_kept(browser, access):
    browser.post(page(access, "wishes"), {"notify_flights": "yes", "digest": "daily"})

    access.refresh_from_db()
    assert (access.notify_flights, access.notify_quotes, access.digest) == (True, False, "daily")
    assert browser.post(page(access, "wishes"), {"digest": "hourly"}).status_code == 400


def test_the_front_page_costs_a_bounded_number_of_statements(
    access, client_org, actor, now, django_assert_max_num_queries
):
    for _ in range(2):
        scene.job(client_org, actor, now)
    with django_assert_max_num_queries(10):
        found = dashboard(access)
    assert len(found.jobs) == 2


def test_the_other_language_is_chosen_and_kept(browser, access):
    home = page(access, "home")
    assert "What you need to do" in browser.get(home).content.decode()

    browser.post(reverse("portal:language"), {"language": "de", "next": home})

    text = browser.get(home).content.decode()
    assert "Was Sie tun müssen" in text
    assert '<html lang="de">' in text
    asked = Browser(headers={"accept-language": "de-AT,de;q=0.9"})
    assert "Anmelden" in asked.get(reverse("portal:sign-in")).content.decode()


def test_no_page_has_a_script_or_a_style_of_its_own(browser, access):
    for source in FOLDER.glob("templates/portal/*.html"):
        text = source.read_text()
        assert get_template(f"portal/{source.name}")
        assert not re.search(r"<style|style=|<script(?! src=)| on\w+=", text), source.name
        for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", text):
            if 'type="hidden"' in field or 'type="checkbox"' in field or 'type="radio"' in field:
                continue
            identity = re.search(r' id="([^"]+)"', field)
            assert identity, (source.name, field)
            assert f'for="{identity[1]}"' in text, (source.name, field)
    answer = browser.get(page(access, "home"))
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_pages_with_a_map_carry_the_land_behind_it(browser, access, client_org, actor, now):
    request = scene.request(client_org, actor, now)
    for where in (page(access, "new-request"), page(access, "request", request.number)):
        text = browser.get(where).content.decode()

        scripts = re.findall(r'<script src="/static/(portal/\w+\.js)"', text)
        land = re.search(r' data-land="/static/([^"]+)"', text)
        assert scripts[:2] == ["portal/land.js", "portal/map.js"]
        assert land
        found = json.loads(Path(finders.find(land[1])).read_text())
        assert (found["type"], len(found["coordinates"]) > 1000) == ("MultiPolygon", True)
    for source in FOLDER.glob("static/portal/*.js"):
        text = source.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"\beval\(|new Function|innerHTML|https?://", text), source.name


def test_what_is_refused_on_its_way_leaves_no_draft_and_a_nul_is_no_address(
    browser, access, client_org, monkeypatch
):
    def refuses(*args, **more):
        raise InvalidInput("/wanted_from", "In the past.")

    monkeypatch.setattr("client_management.services.requests.submit_request", refuses)
    assert browser.post(page(access, "new-request"), form()).status_code == 400
    assert not ServiceRequest.objects.exists()
    for address in ("jobs/a%00b/", "messages/%00/", "documents/%00/download/"):
        assert browser.get(f"{page(access, 'home')}{address}").status_code == 404


def test_a_nul_in_a_form_is_refused_in_words_and_keeps_nothing(browser, access):
    nul = "a\x00b"
    for address, given in (
        (page(access, "thread", "general"), {"body": nul}),
        (page(access, "new-request"), form(title=nul)),
        ("/portal/sign-in/", {"email": f"{nul}@b.example"}),
        (f"/portal/invitations/{'0' * 40}/", {"first_name": nul}),
    ):
        answer = browser.post(address, given)

        assert answer.status_code == 400, address
        assert "a character that cannot be kept" in answer.content.decode()
    assert browser.get(f"{page(access, 'requests')}?page=%00").status_code == 400
    assert not ServiceRequest.objects.exists()
    assert not ClientMessage.objects.exists()
