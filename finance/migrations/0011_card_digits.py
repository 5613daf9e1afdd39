from importlib import import_module

from django.db import migrations

# What `common.card_numbers` makes plain before it looks: digits of any script, dashes, blanks, and
# characters that are not seen. Each digit stands for ten in a row, from zero.
ZEROS = (
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1E140, 0x1E2F0, 0x1E950,
)
DASHES = (
    0x58A, 0x5BE, 0x1400, 0x1806, 0x2010, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2E17,
    0x2E1A, 0x2E3A, 0x2E3B, 0x2E40, 0x2E5D, 0x301C, 0x3030, 0x30A0, 0x10EAD,
)
BLANKS = (
    0x85, 0x1680, 0x2028, 0x2029,
)
UNSEEN = (
    (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890,
    0x891), (0x8E2, 0x8E2), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060,
    0x2064), (0x2066, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0x110BD, 0x110BD),
    (0x110CD, 0x110CD), (0x13430, 0x13438), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001,
    0xE0001), (0xE0020, 0xE007F),
)


def translated():
    """The characters to replace, and what by; those without a counterpart are left out."""
    given = "".join(chr(zero + digit) for zero in ZEROS for digit in range(10))
    made = "0123456789" * len(ZEROS)
    given += "".join(map(chr, DASHES + BLANKS))
    made += "-" * len(DASHES) + " " * len(BLANKS)
    given += "".join(chr(code) for first, last in UNSEEN for code in range(first, last + 1))
    return given, made


PLAIN = r"""
CREATE FUNCTION finance_plain_text(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
        CASE WHEN octet_length(given) = length(given) THEN given
             ELSE translate(normalize(given, NFKC), '{}', '{}') END,
        '[ \t\v\f]+', ' ', 'g')
$$;
""".format(*translated())

AS_WRITTEN = import_module("finance.migrations.0008_card_numbers").HOLDS.partition(
    "CREATE FUNCTION finance_holds_card_number"
)[2]
BEFORE = f"CREATE OR REPLACE FUNCTION finance_holds_card_number{AS_WRITTEN}"
# Constraints hold on to the very function, so it is replaced in its place. With a path of its own
# it finds the others also where nothing is on the path, as while a backup is restored.
NOW = BEFORE.replace("cleaned text := given", "cleaned text := finance_plain_text(given)").replace(
    "IMMUTABLE AS", "IMMUTABLE SET search_path = public, pg_temp AS", 1
)

# A constraint that is there does not look at rows again that it let in before.
HELD = """
DO $$
DECLARE
    held text;
BEGIN
    SELECT string_agg(word, ', ') INTO held FROM (
        SELECT 'payment ' || id AS word FROM finance_payment
            WHERE finance_holds_card_number(reference)
        UNION ALL
        SELECT 'payment method ' || id FROM finance_paymentmethod
            WHERE finance_holds_card_number(token) OR finance_holds_card_number(provider_customer)
            OR finance_holds_card_number(brand)
        UNION ALL
        SELECT 'refund ' || id FROM finance_refund WHERE finance_holds_card_number(reason)
        LIMIT 20
    ) found;
    IF held IS NOT NULL THEN
        RAISE EXCEPTION 'a card number is kept in: %', held USING ERRCODE = 'check_violation';
    END IF;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [('finance', '0010_plurals')]

    operations = [
        migrations.RunSQL(PLAIN, "DROP FUNCTION finance_plain_text(text);"),
        migrations.RunSQL(NOW, BEFORE),
        migrations.RunSQL(HELD, migrations.RunSQL.noop),
    ]
