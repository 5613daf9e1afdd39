import pytest
from django.test import Client

from contacts.models import (
    FBO,
    Communication,
    Contact,
    ContactAddress,
    ContactMerge,
    ContactPhone,
    GroundProvider,
)
from tests.airports.factories import AirportFactory
from tests.browser import enter
from tests.contacts.factories import (
    CityFactory,
    CommunicationFactory,
    ContactFactory,
    FBOFactory,
    FBOFeeFactory,
    GroundProviderFactory,
)
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
BASE = "/admin/contacts"
KINDS = {"phones": 0, "emails": 0, "addresses": 0, "external_references": 0}


def signed_in(user):
    client = Client()
    enter(client, user)
    return client


@pytest.fixture
def desk(coordinator):
    return signed_in(coordinator)


@pytest.fixture
def reader():
    user = UserFactory()
    grant(user, "contacts.view_contact", "contacts.view_communication")
    return signed_in(user)


def form(rows=(), initial=0, **values):
    """What the browser sends of a contact's page; `rows` are its telephones."""
    body = {"kind": "organization", "name": "Harbour Jet", "roles": ["vendor"], **values}
    for prefix in KINDS:
        body |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    body |= {"phones-TOTAL_FORMS": len(rows), "phones-INITIAL_FORMS": initial}
    body |= {"communications-TOTAL_FORMS": 0, "communications-INITIAL_FORMS": 0}
    for n, row in enumerate(rows):
        body |= {f"phones-{n}-{name}": value for name, value in row.items()}
    return body


def act(desk, model, action, *rows, **more):
    body = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return desk.post(f"{BASE}/{model}/", body, follow=True)


@pytest.mark.parametrize(
    "page", ["contact", "communication", "contactmerge", "fbo", "groundprovider", "city"]
)
def test_every_screen_opens(page):
    FBOFactory(), GroundProviderFactory(), CommunicationFactory()
    desk = signed_in(UserFactory(is_superuser=True))

    assert desk.get(f"{BASE}/{page}/").status_code == 200
    assert desk.get(f"{BASE}/{page}/?q=test").status_code == 200


def test_a_contact_is_entered_through_the_service(desk):
    row = {"kind": "work", "number": "02 9999 1234", "is_primary": "on"}

    answer = desk.post(f"{BASE}/contact/add/", form([row], country="AU"), follow=True)

    contact = Contact.objects.get()
    assert answer.status_code == 200
    assert (contact.name_key, contact.roles) == ("harbour jet", ["vendor"])
    assert contact.phones.get().e164 == "+61299991234"
    assert "0299991234" in contact.search_words


def test_numbers_are_changed_added_and_taken_out_on_the_contacts_page(desk):
    contact = ContactFactory(phone="0412 345 678")
    phone = contact.phones.get()
    rows = [
        {
            "id": phone.pk,
            "contact": contact.pk,
            "kind": "work",
            "number": phone.number,
            "DELETE": "on",
        },
        {"kind": "mobile", "number": "0413 000 111", "is_primary": "on"},
    ]

    answer = desk.post(
        f"{BASE}/contact/{contact.pk}/change/", form(rows, initial=1, country="AU"), follow=True
    )

    assert b"was changed successfully" in answer.content
    assert contact.phones.get().number == "0413 000 111"


def test_the_first_number_changes_places_on_the_page(desk):
    contact = ContactFactory(phone="0412 345 678")
    first = contact.phones.get()
    rows = [
        {"id": first.pk, "contact": contact.pk, "kind": "work", "number": first.number},
        {"kind": "mobile", "number": "0413 000 111", "is_primary": "on"},
    ]

    desk.post(f"{BASE}/contact/{contact.pk}/change/", form(rows, initial=1, country="AU"))

    assert contact.phones.get(is_primary=True).number == "0413 000 111"


def test_a_number_entered_elsewhere_while_the_page_was_open_stays(desk):
    contact = ContactFactory(phone="0412 345 678")
    first = contact.phones.get()
    rows = [
        {
            "id": first.pk,
            "contact": contact.pk,
            "kind": "mobile",
            "number": first.number,
            "is_primary": "on",
        },
    ]
    other = ContactPhone.objects.create(
        contact=contact, number="02 9999 1234", key="+61299991234", e164="+61299991234"
    )

    desk.post(f"{BASE}/contact/{contact.pk}/change/", form(rows, initial=1, country="AU"))

    assert set(contact.phones.values_list("pk", "kind")) == {
        (first.pk, "mobile"),
        (other.pk, "work"),
    }


def test_an_address_put_right_on_the_page_keeps_its_city(desk):
    contact, city = ContactFactory(), CityFactory()
    address = ContactAddress.objects.create(contact=contact, lines="1 Wrad St", city=city)
    row = {
        "id": address.pk,
        "contact": contact.pk,
        "kind": "visiting",
        "lines": "1 Ward St",
        "city": city.pk,
    }
    body = form() | {"addresses-TOTAL_FORMS": 1, "addresses-INITIAL_FORMS": 1}
    body |= {f"addresses-0-{name}": value for name, value in row.items()}

    page = desk.get(f"{BASE}/contact/{contact.pk}/change/").content.decode()
    desk.post(f"{BASE}/contact/{contact.pk}/change/", body)

    assert 'name="addresses-0-city"' in page
    after = contact.addresses.get()
    assert (after.lines, after.city) == ("1 Ward St", city)


def test_a_refusal_is_said_in_its_own_words(desk):
    row = {"kind": "work", "number": "call me"}

    answer = desk.post(f"{BASE}/contact/add/", form([row]), follow=True)

    assert b"Digits, blanks" in answer.content
    assert not Contact.objects.exists()


def test_a_page_shows_what_was_said_who_may_be_the_same_and_what_can_be_done(desk):
    contact = ContactFactory(name="Harbour Jet")
    ContactFactory(name="Harbor Jet")
    CommunicationFactory(contact=contact, subject="Bed confirmed")

    page = desk.get(f"{BASE}/contact/{contact.pk}/change/").content.decode()

    assert "Bed confirmed" in page
    assert "Harbor Jet" in page
    assert "Log a call, mail or note" in page


def test_saving_a_contact_leaves_what_was_said(desk):
    contact = ContactFactory()
    CommunicationFactory(contact=contact)

    body = form(name="New name") | {
        "communications-TOTAL_FORMS": 1,
        "communications-INITIAL_FORMS": 1,
    }
    answer = desk.post(f"{BASE}/contact/{contact.pk}/change/", body, follow=True)

    contact.refresh_from_db()
    assert answer.status_code == 200
    assert contact.name == "New name"
    assert Communication.objects.get().subject == "Bed confirmed"


def test_two_contacts_are_merged_after_a_preview_and_with_a_reason(desk):
    survivor = ContactFactory(name="Harbour Jet")
    merged = ContactFactory(name="Harbor Jet", phone="0412 345 678")

    page = act(desk, "contact", "merge", survivor, merged)
    address = page.redirect_chain[-1][0]
    assert b"Moves 1: contacts.contactphone.contact" in page.content
    assert not ContactMerge.objects.exists()
    desk.post(address, {"reason": ""})
    assert not ContactMerge.objects.exists()
    done = desk.post(address, {"reason": "Same mobile"}, follow=True)

    assert b"was merged into" in done.content
    assert ContactMerge.objects.get().reason == "Same mobile"
    again = desk.post(address, {"reason": "Again"}, follow=True)
    assert f"was merged into contact {survivor.pk}".encode() in again.content


def test_merging_takes_two(desk):
    answer = act(desk, "contact", "merge", ContactFactory())

    assert b"Select the two contacts" in answer.content


def test_a_call_is_logged_from_the_list(desk, coordinator):
    contact = ContactFactory()

    page = act(desk, "contact", "log_communication", contact)
    address = page.redirect_chain[-1][0]
    body = {"channel": "call", "direction": "in", "subject": "Bed", "body": ""}
    assert desk.post(address, {**body, "subject": ""}).status_code == 200
    desk.post(address, body, follow=True)

    entry = Communication.objects.get()
    assert (entry.contact, entry.author, entry.subject) == (contact, coordinator, "Bed")


def test_a_merged_contact_is_read_only_and_out_of_the_list(desk):
    survivor, merged = ContactFactory(name="Harbour"), ContactFactory(name="Was Merged")
    act(desk, "contact", "deactivate", merged, reason="Left")
    Contact.objects.filter(pk=merged.pk).update(merged_into=survivor)

    assert b"Was Merged" not in desk.get(f"{BASE}/contact/").content
    assert b"Was Merged" in desk.get(f"{BASE}/contact/?merged=yes").content
    page = desk.get(f"{BASE}/contact/{merged.pk}/change/")
    assert page.status_code == 200
    assert b'name="name"' not in page.content


def test_out_of_use_and_back(desk):
    contact = ContactFactory()

    act(desk, "contact", "deactivate", contact, reason="Left")
    contact.refresh_from_db()
    assert not contact.is_active
    act(desk, "contact", "reactivate", contact)
    contact.refresh_from_db()
    assert contact.is_active


def test_a_reader_changes_merges_and_logs_nothing(reader):
    one, other = ContactFactory(name="One Company"), ContactFactory()
    pages = [f"{one.pk}/merge/{other.pk}/", f"{one.pk}/log/"]

    for page in pages:
        assert reader.get(f"{BASE}/contact/{page}").status_code == 403
        assert reader.post(f"{BASE}/contact/{page}", {"reason": "X"}).status_code == 403
    opened = reader.get(f"{BASE}/contact/{one.pk}/change/")
    assert b"One Company" in opened.content
    assert b'name="name"' not in opened.content
    assert reader.post(f"{BASE}/contact/{one.pk}/change/", form()).status_code == 403
    assert not ContactMerge.objects.exists()


@pytest.mark.parametrize("page", ["merge/{0}/", "log/"])
def test_strangers_are_sent_to_the_sign_in_page(page):
    contact = ContactFactory()

    answer = Client().get(f"{BASE}/contact/{contact.pk}/{page.format(contact.pk)}")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


def test_an_fbo_is_entered_and_changed_through_the_service(desk):
    airport = AirportFactory()
    body = {
        "airport": airport.pk,
        "name": "Harbour Jet",
        "hours_kind": "weekly",
        "hours": '{"0": [["06:00", "22:00"]]}',
        "phone": "02 9999 1234",
        "services": ["handling"],
    }

    answer = desk.post(f"{BASE}/fbo/add/", body, follow=True)
    assert answer.status_code == 200
    fbo = FBO.objects.get()
    assert (fbo.phone_e164, fbo.services) == ("+61299991234", ["handling"])
    FBOFeeFactory(provider=fbo)
    page = desk.get(f"{BASE}/fbo/{fbo.pk}/change/")
    assert b"385.00" in page.content
    inline = {"fees-TOTAL_FORMS": 1, "fees-INITIAL_FORMS": 1, "is_active": "on"}
    desk.post(f"{BASE}/fbo/{fbo.pk}/change/", {**body, **inline, "name": "Other"}, follow=True)
    fbo.refresh_from_db()
    assert (fbo.name, fbo.is_active) == ("Other", True)
    refused = desk.post(f"{BASE}/fbo/add/", {**body, "name": "B", "hours": ""}, follow=True)
    assert b"Needed for weekly hours" in refused.content


def test_a_ground_provider_is_entered(desk):
    body = {
        "airport": AirportFactory().pk,
        "name": "Ambulance",
        "kind": "ambulance",
        "care_level": "intensive",
        "hours_kind": "h24",
        "stretchers": 1,
        "seats": 0,
    }

    desk.post(f"{BASE}/groundprovider/add/", body, follow=True)

    assert GroundProvider.objects.get().care_level == "intensive"


def test_only_who_is_in_use_is_offered_to_choose_from_and_accents_do_not_matter(desk):
    named, gone = ContactFactory(name="Clínica Uno"), ContactFactory(name="Clínica Dos")
    act(desk, "contact", "deactivate", gone, reason="Left")
    query = {
        "term": "clínica",
        "app_label": "contacts",
        "model_name": "fbo",
        "field_name": "contact",
    }

    offered = desk.get("/admin/autocomplete/", query).json()["results"]

    assert [row["id"] for row in offered] == [str(named.pk)]
    assert "Clínica Dos" in desk.get(f"{BASE}/contact/?q=CLINICA").content.decode()
