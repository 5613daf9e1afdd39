"""Invoices over HTTP: drawn up, issued, paid, credited; refusals, keys and versions."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from finance.models import Invoice, Payment
from tests.contacts.factories import ContactFactory
from tests.finance.billing import issued
from tests.finance.factories import TaxRuleFactory
from tests.operations.plans import Desk
from tests.operations.test_billing import booked, closed
from tests.users.factories import UserFactory, grant

pytestmark = pytest.mark.django_db
INVOICES = "/api/finance/invoices/"
VERBS = (
    "view",
    "add",
    "change",
    "issue",
    "credit",
    "void",
    "write_off",
    "add_line",
    "record_payment",
    "apply_credit",
)


@pytest.fixture
def accountant(db):
    user = UserFactory()
    grant(
        user,
        *(f"finance.{verb}_invoice" for verb in VERBS),
        "finance.view_journalentry",
        "finance.add_journalentry",
        "finance.view_account",
        "finance.add_account",
        "finance.change_account",
        "finance.view_transaction",
        "finance.view_currencyrate",
        "finance.add_currencyrate",
        "finance.view_cancellationterm",
        "finance.add_cancellationterm",
        "finance.end_cancellationterm",
        "finance.view_customercredit",
        "operations.view_trip",
        "operations.view_quote",
        "contacts.view_contact",
    )
    return user


@pytest.fixture
def api(client_for, accountant):
    return client_for(accountant)


@pytest.fixture
def send(api):
    count = iter(range(10_000))

    def post(path, body=None, *, key=None, **headers):
        given = {"Idempotency-Key": key or f"key-{next(count)}", **headers}
        return api.post(f"{INVOICES}{path}", body or {}, format="json", headers=given)

    return post


@pytest.fixture
def trip(db):
    desk = Desk()
    return booked(desk, desk.send(desk.price()))


LINE = {"description": "x", "quantity": "1.0000", "unit_price": "1.0000"}


def by_hand(customer, *lines, **more):
    return {
        "customer": customer.pk,
        "currency": "AUD",
        "lines": [
            {"description": "Training", "quantity": "1.0000", "unit_price": price}
            for price in lines
        ],
        **more,
    }


def test_a_trip_is_billed_issued_and_paid(send, api, trip):
    closed(trip)
    body = {"subject": "operations.trip", "subject_number": trip.number, "basis": "actuals"}

    draft = send("", body)
    issue = send(f"{draft.json()['id']}/issue/")
    total = issue.json()["total"]["amount"]
    paid = send(
        f"{draft.json()['id']}/record-payment/", {"amount": total, "channel": "bank_transfer"}
    )

    assert (draft.status_code, issue.status_code, paid.status_code) == (201, 200, 200)
    assert draft.json()["number"] is None
    assert draft.json()["lines"][0]["variance"] == "0.00"
    year = timezone.now().year
    assert issue.json()["number"] == f"INV-{year}-00001"
    assert (paid.json()["status"], paid.json()["balance"]) == (
        "paid",
        {"amount": "0.00", "currency": "AUD"},
    )
    assert [row["kind"] for row in paid.json()["allocations"]] == ["payment"]
    steps = api.get(f"{INVOICES}{draft.json()['id']}/history/").json()
    assert [(row["from_status"], row["to_status"]) for row in steps] == [
        ("draft", "open"),
        ("open", "paid"),
    ]
    assert send("", body).json()["code"] == "already_billed"


def test_work_that_the_caller_may_not_see_is_not_there(send, client_for, trip):
    blind = UserFactory()
    grant(blind, "finance.add_invoice", "finance.view_invoice")
    body = {"subject": "operations.trip", "subject_id": trip.pk, "basis": "quote"}
    given = {"Idempotency-Key": "k"}

    hidden = client_for(blind).post(INVOICES, body, format="json", headers=given)
    absent = send("", {**body, "subject_id": 10**9})

    assert (hidden.status_code, absent.status_code) == (400, 400)
    assert hidden.json()["detail"] == absent.json()["detail"]
    for bad, code in (
        ({**body, "subject": "users.user"}, 400),
        ({**body, "subject": "operations.quote"}, 400),
        ({**body, "basis": "guess"}, 400),
        ({**body, "subject_id": "x"}, 400),
        ({**body, "subject_number": trip.number}, 400),
        ({"subject": body["subject"], "subject_number": "TR-1", "basis": "quote"}, 400),
        ({"subject": body["subject"], "basis": "quote"}, 400),
        ({**body, "total": "1.00"}, 400),
        ({}, 400),
    ):
        assert send("", bad).status_code == code, bad
    assert Invoice.objects.count() == 0


@pytest.mark.parametrize(
    "path",
    [
        "",
        "by-hand/",
        "deposit/",
        "cancellation-fee/",
        "{id}/issue/",
        "{id}/credit/",
        "{id}/void/",
        "{id}/write-off/",
        "{id}/record-payment/",
        "{id}/apply-credit/",
        "{id}/apply-deposit/",
    ],
)
def test_what_moves_money_needs_a_key(api, path):
    invoice = issued(at=timezone.now())

    answer = api.post(INVOICES + path.format(id=invoice.pk), {}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


def test_the_same_key_pays_once_and_another_body_is_refused(send):
    invoice = issued(at=timezone.now())
    path, body = f"{invoice.pk}/record-payment/", {"amount": "10.00", "channel": "cash"}

    first = send(path, body, key="same")
    again = send(path, body, key="same")
    other = send(path, {**body, "amount": "11.00"}, key="same")

    assert (first.json(), again["Idempotent-Replay"]) == (again.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Payment.objects.count() == 1


def test_a_draft_is_edited_by_its_version(api, send, accountant):
    customer = ContactFactory()
    insurer = ContactFactory(roles=["insurer"])
    TaxRuleFactory(code="GST", jurisdiction="AU", rate="10.0000", currency="AUD")
    draft = send("by-hand/", by_hand(customer, "150.0000")).json()
    path = f"{INVOICES}{draft['id']}/"
    change = {"payer": insurer.pk, "authorization": "A-1", "bill_to": {"attention": "Claims"}}

    bare = api.patch(path, change, format="json")
    stale = api.patch(path, change, format="json", headers={"if-match": '"99"'})
    done = api.patch(path, change, format="json", headers={"if-match": f'"{draft["version"]}"'})
    added = send(
        f"{draft['id']}/add-line/",
        {
            "description": "Materials",
            "quantity": "2.0000",
            "unit_price": "10.0000",
            "tax_code": "GST",
        },
    )
    removed = send(f"{draft['id']}/remove-line/", {"sequence": 2})

    assert (bare.status_code, stale.status_code, done.status_code) == (428, 412, 200)
    assert done.json()["bill_to"]["name"] == insurer.name
    assert done.json()["bill_to"]["attention"] == "Claims"
    assert added.json()["total"]["amount"] == "172.00"
    assert removed.json()["total"]["amount"] == "150.00"
    send(f"{draft['id']}/issue/")
    late = api.patch(path, {"notes": "x"}, format="json", headers={"if-match": "*"})
    assert (late.status_code, late.json()["code"]) == (409, "invoice_issued")
    for bad in ({"total": "1.00"}, {"status": "paid"}, {}, {"payment_days": 366}):
        assert api.patch(path, bad, format="json", headers={"if-match": "*"}).status_code == 400, (
            bad
        )


def test_an_invoice_is_credited_voided_and_written_off(send):
    first, second, third = (issued(at=timezone.now()) for _ in range(3))

    note = send(
        f"{first.pk}/credit/",
        {"reason": "Shorter", "lines": [{"sequence": 1, "amount": "200.00"}]},
    )
    much = send(
        f"{first.pk}/credit/",
        {"reason": "More", "lines": [{"sequence": 1, "amount": "900.00"}]},
    )
    void = send(f"{second.pk}/void/", {"reason": "Error"})
    off = send(f"{third.pk}/write-off/", {"reason": "Insolvent"})
    again = send(f"{third.pk}/write-off/", {"reason": "Insolvent"})

    assert (note.status_code, note.json()["kind"]) == (201, "credit_note")
    assert note.json()["corrects"] == first.number
    assert note.json()["balance"]["amount"] == "0.00"
    assert (much.status_code, much.json()["code"]) == (409, "credit_too_large")
    assert (void.json()["status"], off.json()["status"]) == ("void", "uncollectible")
    assert (again.status_code, again.json()["code"]) == (409, "invoice_not_open")


def test_credit_and_deposits_settle(send, api):
    customer = ContactFactory()
    now = timezone.now()
    first, second = (issued(customer, at=now) for _ in range(2))
    send(f"{first.pk}/record-payment/", {"amount": "1050.00", "channel": "cash"})

    used = send(f"{second.pk}/apply-credit/")
    more = send(f"{second.pk}/apply-credit/", {"amount": "1.00"})
    wrong = send(f"{second.pk}/apply-deposit/", {"deposit": first.number})

    assert used.json()["balance"]["amount"] == "950.00"
    assert (more.status_code, more.json()["code"]) == (409, "not_enough")
    assert wrong.status_code == 400
    rows = api.get("/api/finance/customer-credits/", {"remaining_from": "0"}).json()["results"]
    assert api.get("/api/finance/customer-credits/", {"remaining_from": "1"}).json()["count"] == 0
    assert [(row["given"]["amount"], row["left"]["amount"]) for row in rows] == [("50.00", "0.00")]


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "0.00", "channel": "cash"},
        {"amount": "-5.00", "channel": "cash"},
        {"amount": "1.001", "channel": "cash"},
        {"amount": "99999999999.00", "channel": "cash"},
        {"amount": "NaN", "channel": "cash"},
        {"amount": "1.00", "channel": "barter"},
        {"amount": "1.00", "channel": "cash", "received_at": "2026-03-01T09:00:00"},
        {"amount": "1.00", "channel": "cash", "received_at": "2999-03-01T09:00:00Z"},
        {"amount": "1.00", "channel": "cash", "reference": "x" * 121},
        {"amount": "1.00", "channel": "cash", "invoice": 1},
        {"channel": "cash"},
    ],
)
def test_a_payment_that_cannot_be_is_refused(send, body):
    invoice = issued(at=timezone.now())

    answer = send(f"{invoice.pk}/record-payment/", body)

    assert answer.status_code == 400, answer.json()
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(
    "text", ["4111 1111 1111 1111", "card 5555-5555-5555-4444.", "378282246310005"]
)
def test_a_card_number_is_refused_wherever_it_is_written(send, api, text):
    customer = ContactFactory()
    invoice = issued(customer, at=timezone.now())
    draft = send("by-hand/", by_hand(customer, "1.0000")).json()

    answers = [
        send(
            f"{invoice.pk}/record-payment/",
            {"amount": "1.00", "channel": "card", "reference": text},
        ),
        send(f"{invoice.pk}/credit/", {"reason": text}),
        send("by-hand/", by_hand(customer, "1.0000", reference=text)),
        send("by-hand/", {**by_hand(customer), "lines": [{**LINE, "description": text}]}),
        *[
            api.patch(f"{INVOICES}{draft['id']}/", change, format="json", headers={"if-match": "*"})
            for change in ({"notes": text}, {"terms": text}, {"bill_to": {"attention": text}})
        ],
    ]

    assert [answer.status_code for answer in answers] == [400] * 7
    for answer in answers:
        assert text not in answer.content.decode()
        assert answer.json()["code"] == "card_number_refused"
    assert Payment.objects.count() == 0


def test_a_long_bank_reference_is_no_card_number(send):
    draft = send("by-hand/", by_hand(ContactFactory(), "1.0000", reference="202603140000124"))

    assert draft.status_code == 201


def test_the_list_is_filtered_and_costs_the_same_for_one_and_for_many(
    api, django_assert_max_num_queries
):
    now = timezone.now()
    customer = ContactFactory()
    rows = [issued(customer, at=now) for _ in range(3)]
    issued(at=now)

    with django_assert_max_num_queries(8):
        found = api.get(INVOICES, {"payer": customer.pk, "status": ["open", "overdue"]}).json()
    one = api.get(INVOICES, {"number": rows[0].number, "fields": "id,total"}).json()
    lines = api.get(f"{INVOICES}{rows[0].pk}/")

    assert found["count"] == 3
    assert "lines" not in found["results"][0]
    assert one["results"] == [{"id": rows[0].pk, "total": {"amount": "1000.00", "currency": "AUD"}}]
    assert lines["ETag"] == f'"{lines.json()["version"]}"'
    assert api.get(INVOICES, {"colour": "red"}).status_code == 400
    assert api.get(f"{INVOICES}999999999/").status_code == 404


def test_an_entry_by_hand_moves_no_controlled_account(api):
    issued(at=timezone.now())
    path, key = "/api/finance/journal-entries/", {"Idempotency-Key": "e1"}
    body = {
        "description": "Payout of Stripe",
        "currency": "AUD",
        "lines": [
            {"account": "1000", "debit": "970.00"},
            {"account": "1051", "credit": "970.00"},
        ],
    }

    posted = api.post(path, body, format="json", headers=key)
    controlled = {**body, "lines": [{"account": "1100", "debit": "1.00"}, body["lines"][1]]}
    uneven = {**body, "lines": [{"account": "1000", "debit": "1.00"}, body["lines"][1]]}
    both = {**body, "lines": [{"account": "1000", "debit": "1.00", "credit": "1.00"}]}
    refused = [
        api.post(path, bad, format="json", headers={"Idempotency-Key": f"b{n}"}).status_code
        for n, bad in enumerate((controlled, uneven, both, {**body, "lines": []}))
    ]

    assert (posted.status_code, refused) == (201, [400, 400, 400, 400])
    rows = api.get("/api/finance/transactions/", {"kind": "manual"}).json()["results"]
    assert {(row["account"], row["debit"], row["credit"]) for row in rows} == {
        ("1000", "970.00", "0.00"),
        ("1051", "0.00", "970.00"),
    }


def test_accounts_rates_and_ladders_are_kept(api):
    issued(at=timezone.now())
    given = {"format": "json"}
    account = api.post(
        "/api/finance/accounts/",
        {"code": "4060", "name": "Training", "kind": "revenue", "services": ["training"]},
        **given,
    )
    taken = api.post(
        "/api/finance/accounts/",
        {"code": "4061", "name": "Other", "kind": "revenue", "services": ["training"]},
        **given,
    )
    needed = api.patch(
        "/api/finance/accounts/1000/", {"is_active": False}, headers={"if-match": "*"}, **given
    )
    rate = {
        "base": "USD",
        "quote": "AUD",
        "rate": "1.5",
        "rate_on": "2026-03-13",
        "source": "RBA",
    }
    first = api.post("/api/finance/currency-rates/", rate, **given)
    again = api.post("/api/finance/currency-rates/", rate, **given)
    same = api.post("/api/finance/currency-rates/", {**rate, "quote": "USD"}, **given)
    step = {"hours_before": 24, "percent": "50.00", "effective_from": "2026-01-01"}
    ladder = api.post("/api/finance/cancellation-terms/", step, **given)
    double = api.post("/api/finance/cancellation-terms/", step, **given)

    assert (account.status_code, taken.status_code) == (201, 400)
    assert (needed.status_code, needed.json()["code"]) == (409, "account_in_use")
    assert [x.status_code for x in (first, again, same)] == [201, 409, 400]
    assert [x.status_code for x in (ladder, double)] == [201, 409]
    end = api.post(
        f"/api/finance/cancellation-terms/{ladder.json()['id']}/end/",
        {"until": str(date(2099, 1, 1))},
        **given,
    )
    assert end.json()["effective_until"] == "2099-01-01"
    assert Decimal(first.json()["rate"]) == Decimal("1.5")
