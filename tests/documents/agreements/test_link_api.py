"""What a signer's program does with the link: no account, nothing but this agreement."""

import base64
import io
import logging

import pytest
from django.core.cache import cache
from django.test import override_settings
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from config.settings.logs import hide_links
from documents.links import token_of
from documents.models import Agreement, DocumentAccess
from tests.documents.agreements.conftest import NAME, code_in_mail

pytestmark = pytest.mark.django_db


def link(agreement, end=""):
    return f"/api/documents/signing/{token_of(agreement.link_salt)}/{end}"


@pytest.fixture
def agreement(desk):
    return desk.opened()


def filled(agreement, **more):
    return {
        "name": NAME,
        "code": code_in_mail(),
        "document_sha256": agreement.document_sha256,
        "consent_sha256": agreement.consent_sha256,
        "agrees": True,
        **more,
    }


def png(size=(300, 100), color="black"):
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    picture.paste(color, (10, 10, 60, 20))
    output = io.BytesIO()
    picture.save(output, "PNG")
    return base64.b64encode(output.getvalue()).decode()


def test_the_whole_way_by_link(api, desk, run_tasks):
    agreement = desk.sent()
    shown = api.get(link(agreement)).json()
    assert shown["state"] == "sent"
    assert api.get(link(agreement, "document/")).json()["code"] == "agreement_not_read"

    assert api.post(link(agreement)).json()["state"] == "viewed"
    found = api.get(link(agreement, "document/"))
    assert found.content.startswith(b"%PDF")
    assert found["Referrer-Policy"] == "no-referrer"
    assert api.post(link(agreement, "code/")).status_code == 200
    drawing = {"strokes": [[[1, 2], [300, 100.5]], [[5, 5]]]}
    signed = api.post(link(agreement, "sign/"), filled(agreement, drawing=drawing))
    assert (signed.status_code, signed.json()["state"]) == (200, "signed")
    assert (
        api.post(link(agreement, "sign/"), filled(agreement)).json()["code"] == "agreement_closed"
    )
    run_tasks()

    copy = api.get(link(agreement, "document/"))
    assert copy.content.startswith(found.content)
    assert api.get(link(agreement)).json()["is_sealed"] is True
    assert DocumentAccess.objects.filter(user=None, deed="download").count() == 2
    agreement.refresh_from_db()
    assert agreement.drawing.startswith("data:image/svg+xml;base64,")


def test_the_link_shows_nothing_of_the_house_and_little_of_the_signer(api, agreement):
    shown = api.get(link(agreement)).json()

    assert set(shown) == {
        "number",
        "state",
        "signer_role",
        "signer_email",
        "document",
        "consent_text",
        "consent_sha256",
        "expires_at",
        "signed_at",
        "needs_code_to_read",
        "is_sealed",
    }
    assert shown["signer_email"] == "j...@family.example"
    assert NAME not in str(shown)


def test_a_wrong_link_finds_nothing_whatever_is_wrong_with_it(api, desk, agreement):
    token = token_of(agreement.link_salt)
    draft = desk.draft(signer_email="other@family.example")
    wrongs = (
        token[:-1],
        token.swapcase(),
        "x",
        agreement.link_digest,
        "é",
        token_of(""),
        "a" * 999,
    )

    answers = [api.get(f"/api/documents/signing/{wrong}/") for wrong in wrongs]

    assert {answer.status_code for answer in answers} == {404}
    assert len({str({**a.json(), "request_id": ""}) for a in answers}) == 1
    assert api.post(f"/api/documents/signing/{token[:-1]}/sign/", {}).status_code == 404
    assert draft.link_digest == ""


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"code": "12345"},
        {"code": "12345a"},
        {"code": 123456789},
        {"document_sha256": "x"},
        {"agrees": False},
        {"agrees": None},
        {"more": 1},
        {"drawing": {}},
        {"drawing": {"strokes": []}},
        {"drawing": {"strokes": [[[1, 2]]]}},
        {"drawing": {"strokes": [[[1, 2], [601, 2]]]}},
        {"drawing": {"strokes": [[[1, 2, 3], [4, 5]]]}},
        {"drawing": {"strokes": [[[1, "NaN"], [4, 5]]]}},
        {"drawing": {"strokes": [[[1, 2], [3, 4]]] * 201}},
        {"drawing": {"strokes": [[[1, 2]] * 5001]}},
        {"drawing": {"png": "x"}},
        {"drawing": {"png": base64.b64encode(b"<svg onload=x>").decode()}},
        {"drawing": {"png": base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 50).decode()}},
        {"drawing": {"png": png((3000, 1000))}},
        {"drawing": {"png": png(color="white")}},
        {"drawing": {"png": png(), "strokes": [[[1, 2], [3, 4]]]}},
    ],
)
def test_a_malformed_signature_changes_nothing_and_costs_no_attempt(api, agreement, change):
    api.post(link(agreement, "code/"))

    answer = api.post(link(agreement, "sign/"), filled(agreement, **change))

    assert answer.status_code == 400
    agreement.refresh_from_db()
    assert (agreement.status, agreement.codes.get().attempts) == ("viewed", 0)


def test_a_drawing_is_drawn_anew_and_loses_everything_else(api, agreement):
    api.post(link(agreement, "code/"))
    output = io.BytesIO()
    picture = Image.new("RGB", (400, 200), "white")
    picture.paste("blue", (50, 50, 100, 60))
    picture.save(output, "PNG", pnginfo=_comment())
    given = base64.b64encode(output.getvalue()).decode()

    api.post(link(agreement, "sign/"), filled(agreement, drawing={"png": given}))

    kept = Agreement.objects.get(pk=agreement.pk).drawing
    content = base64.b64decode(kept.removeprefix("data:image/png;base64,"))
    assert b"secret comment" not in content
    with Image.open(io.BytesIO(content)) as drawn:
        assert (drawn.size, drawn.mode, drawn.info) == ((50, 10), "LA", {})


def _comment():
    info = PngInfo()
    info.add_text("Comment", "secret comment")
    return info


def test_a_wrong_code_is_counted_although_it_is_refused(api, agreement):
    api.post(link(agreement, "code/"))
    wrong = f"{(int(code_in_mail()) + 1) % 10**6:06d}"

    answer = api.post(link(agreement, "sign/"), filled(agreement, code=wrong))

    assert (answer.status_code, answer.json()["code"]) == (403, "code_refused")
    assert answer.json()["details"] == {"left": 4}
    assert agreement.codes.get().attempts == 1


def test_too_many_codes_are_429(api, agreement):
    codes = [api.post(link(agreement, "code/")).status_code for _ in range(6)]

    assert codes == [200] * 5 + [429]


def test_a_medical_document_takes_the_code_to_be_read(api, desk, run_tasks):
    agreement = desk.opened(desk.document("consent"))

    assert api.get(link(agreement, "document/")).json()["code"] == "code_required"
    assert (
        api.post(link(agreement, "document/"), {"code": "000000"}).json()["code"] == "code_not_sent"
    )
    api.post(link(agreement, "code/"))
    code = code_in_mail()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert api.post(link(agreement, "document/"), {"code": wrong}).status_code == 403
    found = api.post(link(agreement, "document/"), {"code": code})
    assert found.content.startswith(b"%PDF")
    # Reading does not use it up.
    assert api.post(link(agreement, "sign/"), filled(agreement)).json()["state"] == "signed"
    run_tasks()
    assert api.get(link(agreement, "document/")).json()["code"] == "code_required"
    looks = DocumentAccess.objects.filter(user=None).order_by("pk")
    assert list(looks.values_list("deed", "refusal")) == [
        ("refused", "code_not_sent"),
        ("refused", "code_refused"),
        ("download", ""),
    ]


def test_a_signer_declines(api, agreement):
    assert api.post(link(agreement, "decline/"), {}).status_code == 400

    answer = api.post(link(agreement, "decline/"), {"reason": "Wrong date"})

    assert (answer.status_code, answer.json()["state"]) == (200, "declined")
    assert api.post(link(agreement, "code/")).json()["code"] == "agreement_closed"
    assert api.get(link(agreement, "document/")).status_code == 409


def test_links_are_counted_by_address(api, agreement, settings):
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "signing": "2/hour"}
    cache.clear()

    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    ):
        codes = [api.get(link(agreement)).status_code for _ in range(3)]

    assert codes == [200, 200, 429]


def test_the_key_of_a_link_stays_out_of_the_log(agreement):
    token = token_of(agreement.link_salt)
    lines = {
        "event": f"Not Found: /sign/{token}/document.pdf",
        "other": f"GET /api/documents/signing/{token}/sign/",
    }

    hidden = hide_links(logging.getLogger(), "error", lines)

    assert hidden == {
        "event": "Not Found: /sign/.../document.pdf",
        "other": "GET /api/documents/signing/.../sign/",
    }
