import django.db.models.expressions
from django.db import migrations, models

import finance.models.constraints

# As `common.card_numbers`: the length and the beginning of an issuer's cards and a check digit that
# fits; bank account numbers (IBAN), telephone numbers and UUIDs are something else.
HOLDS = r"""
CREATE FUNCTION finance_luhn(digits text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT sum(CASE WHEN place % 2 = 1 THEN digit
                    WHEN digit > 4 THEN digit * 2 - 9 ELSE digit * 2 END) % 10 = 0
    FROM (SELECT place, substr(reverse(digits), place, 1)::int AS digit
          FROM generate_series(1, length(digits)) AS place) each
$$;

CREATE FUNCTION finance_is_iban(given text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    moved text := upper(substr(given, 5) || substr(given, 1, 4));
    number text := '';
    one text;
BEGIN
    IF length(given) NOT BETWEEN 15 AND 34 THEN
        RETURN false;
    END IF;
    FOREACH one IN ARRAY string_to_array(moved, NULL) LOOP
        number := number || CASE WHEN one ~ '[A-Z]' THEN (ascii(one) - 55)::text ELSE one END;
    END LOOP;
    RETURN number::numeric % 97 = 1;
END $$;

CREATE FUNCTION finance_holds_card_number(given text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    cleaned text := given;
    hit text;
BEGIN
    IF length(given) < 13 THEN
        RETURN false;
    END IF;
    FOR hit IN SELECT (regexp_matches(
        cleaned, '\m([A-Z]{2}[0-9]{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?))\M',
        'g'))[1]
    LOOP
        IF finance_is_iban(replace(hit, ' ', '')) THEN
            cleaned := replace(cleaned, hit, ' ');
        END IF;
    END LOOP;
    cleaned := regexp_replace(
        cleaned, '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}', ' ', 'g');
    cleaned := regexp_replace(cleaned, '\+[0-9]{1,15}(?![0-9])', ' ', 'g');
    FOR hit IN SELECT regexp_replace(match[1], '[^0-9]', '', 'g') FROM regexp_matches(
        cleaned,
        '(?<![0-9A-Za-z_])(?<![0-9]\.)([2-6][0-9]{12,18}'
        '|[2-6][0-9]{3}([ .-])[0-9]{4}\2[0-9]{4}\2[0-9]{4}(?:\2[0-9]{1,3})?'
        '|3[0-9]{3}([ .-])[0-9]{6}\3[0-9]{4,5})(?![0-9A-Za-z_])', 'g') AS match
    LOOP
        IF (hit ~ '^4' AND length(hit) IN (13, 16, 19)
            OR hit ~ '^5[1-5]' AND length(hit) = 16
            OR left(hit, 4) BETWEEN '2221' AND '2720' AND length(hit) = 16
            OR hit ~ '^3[47]' AND length(hit) = 15
            OR hit ~ '^3(0[0-5]|6|8|9)' AND length(hit) IN (14, 16)
            OR hit ~ '^(6011|64[4-9]|65|62|5018|5020|5038|5893|6304)'
                AND length(hit) BETWEEN 16 AND 19
            OR (left(hit, 4) BETWEEN '3528' AND '3589' OR left(hit, 4) BETWEEN '6759' AND '6763')
                AND length(hit) BETWEEN 16 AND 19)
            AND finance_luhn(hit)
        THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
"""

UNDO = """
DROP FUNCTION finance_holds_card_number(text);
DROP FUNCTION finance_is_iban(text);
DROP FUNCTION finance_luhn(text);
"""


def clean(model, name, *fields):
    held = [finance.models.constraints.HoldsCardNumber(field) for field in fields]
    return [
        migrations.RemoveConstraint(model_name=model, name=name),
        migrations.AddConstraint(
            model_name=model,
            constraint=models.CheckConstraint(
                condition=models.Q(*[django.db.models.expressions.NegatedExpression(each) for each in held]), name=name
            ),
        ),
    ]


class Migration(migrations.Migration):

    dependencies = [('finance', '0007_closer_guards')]

    operations = [
        migrations.RunSQL(HOLDS, UNDO),
        *clean('payment', 'payment_has_no_card_number', 'reference'),
        *clean('paymentmethod', 'method_has_no_card_number', 'token', 'provider_customer', 'brand'),
        *clean('refund', 'refund_has_no_card_number', 'reason'),
    ]
