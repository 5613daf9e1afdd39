"""The signer's page: plain HTML, no script needed, no cookie, a strict policy."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from documents.links import token_of
from documents.models import Agreement
from documents.services import agreements, signatures
from tests.documents.agreements.conftest import CALLER, NAME, code_in_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def page(agreement, end=""):
    return f"/sign/{token_of(agreement.link_salt)}/{end}"


def hidden_fields(response):
    found = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode()
    )
    return dict(found)


def test_a_person_reads_and_signs_without_scripts(browser, desk, run_tasks):
    agreement = desk.sent()
    cover = browser.get(page(agreement))
    assert "Charter contract" not in cover.content.decode()
    assert browser.get(page(agreement, "document.pdf")).status_code == 409

    opened = browser.post(page(agreement), {"step": "open"})
    assert (opened.status_code, opened["Location"]) == (303, page(agreement))
    shown = browser.get(page(agreement))
    assert "Charter contract" in shown.content.decode()
    assert browser.get(page(agreement, "document.pdf"))["Content-Type"] == "application/pdf"
    asked = browser.post(page(agreement), {"step": "code"})
    assert asked["Location"] == f"{page(agreement)}?code=sent#sign"
    assert (
        "is on its way to j...@family.example"
        in browser.get(f"{page(agreement)}?code=sent").content.decode()
    )
    form = {
        **hidden_fields(shown),
        "step": "sign",
        "name": NAME,
        "code": code_in_mail(),
        "agrees": "yes",
    }
    assert browser.post(page(agreement), form).status_code == 303
    assert "is being made" in browser.get(page(agreement)).content.decode()
    run_tasks()

    done = browser.get(page(agreement)).content.decode()
    assert "Get your copy" in done
    assert browser.get(page(agreement, "document.pdf")).content.startswith(b"%PDF")
    agreement.refresh_from_db()
    assert (agreement.status, agreement.signed_name) == ("signed", NAME)
    assert agreement.drawing is None
    assert not browser.cookies


def test_the_policy_is_strict_and_nothing_stands_inline(browser, desk):
    agreement = desk.opened()

    shown = browser.get(page(agreement))

    policy = shown["Content-Security-Policy"]
    for part in ("script-src 'self'", "style-src 'self'", "object-src 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    html = shown.content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r'<style|\sstyle="|\son\w+="', html)
    assert (shown["Cache-Control"], shown["Referrer-Policy"]) == (
        "no-store, private",
        "no-referrer",
    )
    assert shown["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"name": ""}, 400, "Type your whole name"),
        ({"code": "12"}, 400, "six digits"),
        ({"agrees": ""}, 400, "Tick the box"),
        ({"document_sha256": "0" * 64}, 409, "not what was shown"),
        ({"document_sha256": "x"}, 409, "not what was shown"),
        ({"strokes": "[[[1,2],"}, 400, "could not be read"),
        ({"strokes": "[[[1,2],[9000,2]]]"}, 400, "outside"),
        ({"strokes": "[" * 40 + "]" * 40}, 400, "could not be read"),
        ({"strokes": "1" * 200_001}, 400, "too many points"),
        ({"step": "jump"}, 400, "did not work"),
        ({"name": "a\x00b"}, 400, "Type your whole name"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why_and_changes_nothing(
    browser, desk, change, status, words
):
    agreement = desk.opened()
    code = desk.code(agreement)
    form = {
        "step": "sign",
        "name": NAME,
        "code": code,
        "agrees": "yes",
        "document_sha256": agreement.document_sha256,
        "consent_sha256": agreement.consent_sha256,
    }

    answer = browser.post(page(agreement), {**form, **change})

    assert answer.status_code == status
    assert words in answer.content.decode()
    assert Agreement.objects.get(pk=agreement.pk).status == "viewed"


def test_a_drawn_signature_comes_with_the_form(browser, desk):
    agreement = desk.opened()
    form = {
        "step": "sign",
        "name": NAME,
        "code": desk.code(agreement),
        "agrees": "yes",
        "document_sha256": agreement.document_sha256,
        "consent_sha256": agreement.consent_sha256,
        "strokes": "[[[1,2],[30,40.5]]]",
    }

    assert browser.post(page(agreement), form).status_code == 303
    assert Agreement.objects.get().drawing.startswith("data:image/svg+xml")


def test_a_name_with_marks_of_html_stays_text(browser, desk):
    agreement = desk.opened()

    answer = browser.post(page(agreement), {"step": "sign", "name": '"><script>x</script>'})

    assert "<script>x" not in answer.content.decode()


def test_a_medical_document_opens_with_the_code(browser, desk):
    agreement = desk.opened(desk.document("consent"))
    assert browser.get(page(agreement, "document.pdf")).status_code == 403
    browser.post(page(agreement), {"step": "code"})

    found = browser.post(page(agreement), {"step": "read", "code": code_in_mail()})

    assert found.content.startswith(b"%PDF")
    assert browser.post(page(agreement), {"step": "read", "code": "x"}).status_code == 400


@pytest.mark.parametrize("end", ["declined", "expired", "withdrawn"])
def test_the_page_says_how_it_ended(browser, desk, end):
    agreement = desk.opened()
    if end == "declined":
        browser.post(page(agreement), {"step": "decline", "reason": "No"})
    elif end == "withdrawn":
        agreements.withdraw_agreement(agreement, reason="x", actor=desk.clerk, at=desk.at)
    else:
        later = desk.at + timedelta(days=15)
        agreements.expire_agreement(agreement, at=later)
        with pytest.raises(Exception, match="could be signed until"):
            signatures.request_code(agreement, caller=CALLER, at=later)

    html = browser.get(page(agreement)).content.decode()
    words = {"declined": "You declined", "expired": "No longer open", "withdrawn": "Taken back"}
    assert words[end] in html
    assert browser.post(page(agreement), {"step": "code"}).status_code == 409


def test_a_wrong_link_and_too_many_requests_have_pages_of_their_own(browser, desk, settings):
    assert browser.get("/sign/nothing/").status_code == 404
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "signing": "1/hour"}
    cache.clear()
    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    ):
        answers = [browser.get("/sign/nothing/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 429]
    assert int(answers[1]["Retry-After"]) > 0
