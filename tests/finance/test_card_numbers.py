"""The database knows a card number as the code does, and lets references of banks through."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from common.card_numbers import holds_card_number
from finance.services.receivables import record_payment
from tests.finance.billing import issued

pytestmark = pytest.mark.django_db
CARDS = [
    "4242424242424242",
    "paid with 4242 4242 4242 4242, thanks",
    "4242-4242-4242-4242",
    "378282246310005",
    "3782 822463 10005",
    "5555555555554444",
    "2223003122003222",
    "6011111111111117",
    "3530111333300000",
    # The form of a bank account, but not its check digits.
    "AB12 4242 4242 4242 4242",
    # Digits, dashes and blanks of other scripts, and what is not seen.
    "\u0664\u0662" * 8,
    "\uff14\uff12" * 8,
    "\u096a\u0968\u096a\u0968 " * 4,
    "\U0001d7d2\U0001d7d0" * 8,
    "4242\u20134242\u20134242\u20134242",
    "4242\u22124242\u22124242\u22124242",
    "4242\u00a04242\u20034242\u16804242",
    "4242\u200d4242\u00ad4242\u20604242",
    "4242  4242\t4242 \t 4242",
]
OTHERS = [
    "",
    "INV-2026-00042",
    # One digit off.
    "4242424242424241",
    "20261122000012345",
    "0000012345678901234",
    "DE89 3704 0044 0532 0130 00",
    "DE89370400440532013000",
    "FR14 2004 1010 0505 0001 3M02 606",
    "BE68 5390 0754 7034",
    # Its digits alone would be a card number that fits.
    "QA70 4242 4242 4242 4242",
    "+4242424242424",
    "4d4b3a52-4242-4242-4242-424242424242",
    "ref4242424242424242",
    "\u0664\u0662" * 7 + "\u0664\u0661",
    "4242\n4242\n4242\n4242",
]


def in_database(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT finance_holds_card_number(%s)", [text])
        return cursor.fetchone()[0]


def test_code_and_database_know_the_same_texts_for_card_numbers():
    told = {text: (holds_card_number(text), in_database(text)) for text in CARDS + OTHERS}

    assert told == {text: (text in CARDS, text in CARDS) for text in CARDS + OTHERS}


def test_the_database_looks_without_a_path_as_while_a_backup_is_restored():
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL search_path = ''")
        cursor.execute(
            "SELECT public.finance_holds_card_number('DE89 3704 0044 0532 0130 00'),"
            " public.finance_holds_card_number('4242424242424242')"
        )
        told = cursor.fetchone()
        cursor.execute("RESET search_path")

    assert told == (False, True)


def test_a_bank_account_is_a_reference_of_a_payment_and_a_card_is_not(now):
    given = {"channel": "bank_transfer", "actor": None, "at": now}
    invoice = issued(amount="1000.00", at=now)

    payment = record_payment(
        invoice, amount=Decimal(10), reference="DE89 3704 0044 0532 0130 00", **given
    )

    assert payment.reference == "DE89 3704 0044 0532 0130 00"
    with pytest.raises(IntegrityError, match="card_number"), transaction.atomic():
        record_payment(invoice, amount=Decimal(10), reference="4242 4242 4242 4242", **given)
