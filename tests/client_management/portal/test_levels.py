"""What each level of a key opens on the pages, and whose portal somebody with several enters."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from client_management.models import (
    FLAGS,
    LEVELS,
    CustomerPortalAccess,
    Deliverable,
    JobOrder,
    ServiceQuote,
    ServiceRequest,
)
from client_management.services.accesses import amend_access, grant_access, revoke_access
from tests.client_management import scene
from tests.client_management.portal.people import key
from tests.users.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_day")]
# By page, what a level must open to see it; nothing where any key does.
SEEN = {
    "home": "",
    "requests": "",
    "request": "",
    "quote": "",
    "documents": "",
    "threads": "",
    "wishes": "",
    "new-request": "can_request_services",
    "jobs": "can_view_jobs",
    "job": "can_view_jobs",
    "coverage": "can_view_jobs",
    "deliverables": "can_view_jobs",
    "deliverable": "can_view_jobs",
    "deliverable-file": "can_download_deliverables",
    "invoices": "can_view_invoices",
    "pay": "can_view_invoices",
}
# By deed, the flag it needs and what is sent.
DONE = {
    "new-request": ("can_request_services", {}),
    "submit-request": ("can_request_services", {}),
    "cancel-request": ("can_request_services", {}),
    "quote": ("can_approve_quotes", {"step": "accept", "content_hash": "0" * 64}),
    "job": ("can_approve_quotes", {}),
    "deliverable": ("can_approve_quotes", {"step": "accept", "issue": 1}),
    "pay-on": ("can_view_invoices", {"provider": "stripe"}),
}
# By button or way, the page it is on, the words of it, and the flag.
BUTTONS = (
    ("home", "New request", "can_request_services"),
    ("home", "Answer our offer", "can_approve_quotes"),
    ("home", "Look at a deliverable", "can_approve_quotes"),
    ("home", "Pay an invoice", "can_view_invoices"),
    ("home", "To be paid:", "can_view_invoices"),
    ("home", "In the air now", "can_track_live"),
    ("requests", "New request", "can_request_services"),
    ("quote", 'name="content_hash"', "can_approve_quotes"),
    ("deliverable", "Your review", "can_approve_quotes"),
    ("deliverable", ">Download<", "can_download_deliverables"),
    ("job", "data-stream=", "can_track_live"),
)


@pytest.fixture(params=sorted(LEVELS))
def held(request, peers, now):
    """A browser with a key of one level to our client, and the flags that level opens."""
    access = key(peers.ours.organization, peers.actor, now, level=request.param)
    return browser_of(access.user), LEVELS[request.param]


def browser_of(person):
    made = Browser()
    made.force_login(person, backend="users.backends.RoleBackend")
    return made


def page(client, name):
    kind = {"deliverable-file": "deliverables", "coverage": "jobs", "pay": "invoices"}
    numbers = {
        "request": client.numbers["requests"],
        "submit-request": client.numbers["requests"],
        "cancel-request": client.numbers["requests"],
        "quote": client.numbers["quotes"],
        "job": client.numbers["jobs"],
        "deliverable": client.numbers["deliverables"],
        "pay-on": client.numbers["invoices"],
    } | {name: client.numbers[named] for name, named in kind.items()}
    args = [client.organization.number]
    return reverse(f"portal:{name}", args=[*args, numbers[name]] if name in numbers else args)


def standing(client):
    """Everything that a deed would change."""
    return (
        ServiceRequest.objects.filter(organization=client.organization).count(),
        ServiceRequest.objects.get(pk=client.request.pk).status,
        ServiceQuote.objects.get(pk=client.quote.pk).status,
        JobOrder.objects.get(pk=client.job.pk).status,
        Deliverable.objects.get(pk=client.deliverable.pk).status,
    )


def test_each_level_sees_the_pages_that_its_flags_open_and_no_others(held, peers):
    browser, flags = held
    found = {name: browser.get(page(peers.ours, name)).status_code for name in SEEN}

    assert found == {name: 200 if not flag or flag in flags else 403 for name, flag in SEEN.items()}


def test_each_levels_menu_leads_only_to_what_it_opens(held, peers):
    browser, flags = held
    menu = browser.get(page(peers.ours, "home")).content.decode().split("</nav>")[0]

    for name in ("jobs", "deliverables", "invoices"):
        assert (f'href="{page(peers.ours, name)}"' in menu) == (SEEN[name] in flags), name
    for name in ("requests", "documents", "threads", "wishes"):
        assert f'href="{page(peers.ours, name)}"' in menu, name


def test_each_level_has_the_buttons_of_what_it_may_do(held, peers):
    browser, flags = held
    for name, words, flag in BUTTONS:
        answer = browser.get(page(peers.ours, name))
        if answer.status_code == 200:
            assert (words in answer.content.decode()) == (flag in flags), (name, words)
        else:
            assert SEEN[name] not in flags, name


def test_what_a_level_may_not_do_is_refused_and_changes_nothing(held, peers):
    browser, flags = held
    before = standing(peers.ours)
    closed = {name: sent for name, (flag, sent) in DONE.items() if flag not in flags}

    found = {
        name: browser.post(page(peers.ours, name), sent).status_code
        for name, sent in closed.items()
    }

    assert found == dict.fromkeys(closed, 403)
    assert standing(peers.ours) == before


def test_what_a_level_may_do_is_not_shut(held, peers):
    """The control: it is the flag that shuts the door, and not the form."""
    browser, flags = held
    for name, (flag, sent) in DONE.items():
        if flag in flags:
            assert browser.post(page(peers.ours, name), sent).status_code != 403, name


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_taken_from_an_owner_shuts_its_pages_and_deeds_and_no_others(flag, peers, now):
    access = key(peers.ours.organization, peers.actor, now, **{flag: False})
    browser = browser_of(access.user)

    seen = {name: browser.get(page(peers.ours, name)).status_code for name in SEEN}
    shut = {name for name, needed in SEEN.items() if needed == flag}
    assert {name for name, code in seen.items() if code == 403} == shut
    assert {code for name, code in seen.items() if name not in shut} == {200}
    for name, (needed, sent) in DONE.items():
        if needed == flag:
            assert browser.post(page(peers.ours, name), sent).status_code == 403, name


def test_a_shut_page_says_whom_to_ask_and_leads_there(peers, now):
    access = key(peers.ours.organization, peers.actor, now, level="viewer")

    answer = browser_of(access.user).get(page(peers.ours, "invoices"))

    text = answer.content.decode()
    assert answer.status_code == 403
    assert "to open it for you" in text
    way = reverse("portal:thread", args=[peers.ours.organization.number, "general"])
    assert f'href="{way}"' in text
    assert browser_of(access.user).get(way).status_code == 200


def test_a_level_that_is_raised_or_lowered_counts_from_the_next_page(peers, now):
    access = key(peers.ours.organization, peers.actor, now, level="viewer")
    assert browser_of(access.user).get(page(peers.ours, "invoices")).status_code == 403
    for level, code in (("finance", 200), ("approver", 403), ("owner", 200)):
        access = amend_access(
            access, changes={"level": level}, version=None, actor=peers.actor, at=now
        )
        assert browser_of(access.user).get(page(peers.ours, "invoices")).status_code == code


def test_an_offer_above_the_persons_limit_is_refused_on_its_page(peers, now):
    access = key(peers.ours.organization, peers.actor, now, level="approver", approval_limit=1)
    sent = {"step": "accept", "content_hash": peers.ours.quote.content_hash}

    answer = browser_of(access.user).post(page(peers.ours, "quote"), sent)

    assert answer.status_code in (403, 409)
    assert ServiceQuote.objects.get(pk=peers.ours.quote.pk).status != "accepted"


@pytest.fixture
def consultant(peers, now):
    """Somebody with a key to both clients: an owner's to ours, a viewer's to theirs."""
    access = key(peers.ours.organization, peers.actor, now)
    grant_access(
        peers.theirs.organization, user=access.user, level="viewer", actor=peers.actor, at=now
    )
    return access.user


def test_somebody_with_several_clients_chooses_and_switches(consultant, peers):
    browser = browser_of(consultant)

    choice = browser.get(reverse("portal:entrance"))

    text = choice.content.decode()
    assert (choice.status_code, "Whose portal?" in text) == (200, True)
    for chosen, other in ((peers.ours, peers.theirs), (peers.theirs, peers.ours)) * 2:
        home = page(chosen, "home")
        assert f'href="{home}"' in text
        for name in ("home", "requests", "jobs", "deliverables", "documents", "threads"):
            shown = browser.get(page(chosen, name)).content.decode()
            assert chosen.organization.name in shown, name
            assert not [word for word in other.secrets if word in shown], name


def test_a_key_opens_with_its_own_flags_at_each_client(consultant, peers):
    browser = browser_of(consultant)

    assert browser.get(page(peers.ours, "invoices")).status_code == 200
    assert browser.get(page(peers.theirs, "invoices")).status_code == 403
    sent = {"step": "accept", "content_hash": peers.theirs.quote.content_hash}
    assert browser.post(page(peers.theirs, "quote"), sent).status_code == 403
    assert ServiceQuote.objects.get(pk=peers.theirs.quote.pk).status != "accepted"


def test_rows_of_ones_other_client_are_not_there_behind_this_one(consultant, peers):
    """Both are theirs to see, but each behind its own door."""
    browser = browser_of(consultant)
    for name, number in peers.theirs.numbers.items():
        if name == "messages":
            continue
        where = f"/portal/{peers.ours.organization.number}/{name}/{number}/"
        answer = browser.get(where + ("download/" if name == "documents" else ""))
        assert answer.status_code == 404, name


def test_a_client_that_is_not_ones_own_is_not_offered_and_not_entered(consultant, peers, now):
    stranger = scene.client(peers.actor, now)
    browser = browser_of(consultant)

    text = browser.get(reverse("portal:entrance")).content.decode()

    assert stranger.number not in text
    assert stranger.name not in text
    for number in (stranger.number, "CL-0000-0000", "x" * 40, "ü"):
        where = reverse("portal:home", args=[number])
        assert browser.get(where).status_code == 404
        assert browser.post(where, {}).status_code == 404


def test_a_key_that_is_taken_away_leaves_the_choice_and_leads_on_to_the_last(
    consultant, peers, now
):
    browser = browser_of(consultant)
    theirs = CustomerPortalAccess.objects.get(
        user=consultant, organization=peers.theirs.organization
    )
    revoke_access(theirs, reason="Left", actor=peers.actor, at=now)
    browser = browser_of(type(consultant).objects.get(pk=consultant.pk))

    answer = browser.get(reverse("portal:entrance"))

    assert (answer.status_code, answer["Location"]) == (302, page(peers.ours, "home"))
    assert browser.get(page(peers.theirs, "home")).status_code == 404


def test_without_any_key_the_entrance_offers_none(peers):
    text = browser_of(UserFactory()).get(reverse("portal:entrance")).content.decode()

    assert "No portal is open to you" in text
    assert peers.ours.organization.name not in text
