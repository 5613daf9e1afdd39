import pytest

from contacts.normalization import email_key, fault_in_name, name_key, read_phone


@pytest.mark.parametrize(
    ("text", "country", "e164"),
    [
        ("+61 2 9999 1234", "", "+61299991234"),
        ("(02) 9999 1234", "AU", "+61299991234"),
        ("02-9999-1234", "AU", "+61299991234"),
        ("0011 61 2 9999 1234", "AU", "+61299991234"),
        ("00 61 2 9999 1234", "FR", "+61299991234"),
        ("0061299991234", "", "+61299991234"),
        ("0412 345 678", "AU", "+61412345678"),
        ("1300 655 506", "AU", "+611300655506"),
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("(212) 555-0147", "US", "+12125550147"),
        ("1-212-555-0147", "US", "+12125550147"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("8 812 555 01 47", "RU", "+78125550147"),
        ("812 555 01 47", "RU", "+78125550147"),
        ("06 1 555 0147", "HU", "+3615550147"),
        ("+61\u20112\u20119999\u20111234", "", "+61299991234"),
        ("+61 02 9999 1234", "", "+61299991234"),
        ("+61 0412 345 678", "AU", "+61412345678"),
        ("0061 2 9999 1234", "AU", "+61299991234"),
        ("00 44 020 7946 0018", "US", "+442079460018"),
        ("61 2 9999 1234", "AU", "+61299991234"),
        ("44 20 7946 0018", "GB", "+442079460018"),
        ("+39 (0)6 6982 1234", "", "+390669821234"),
        ("+39 06 6982 1234", "", "+390669821234"),
        ("+380 (0)44 279 0100", "", "+380442790100"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(text, country, e164):
    assert read_phone(text, country=country).e164 == e164


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("02 9999 1234", ""),
        ("000", "AU"),
        ("555 0147", "ZZ"),
        ("9999 1234", "AU"),
        ("131252", "AU"),
        ("555 0147", "US"),
    ],
)
def test_a_number_without_its_country_or_area_has_no_international_form(text, country):
    number = read_phone(text, country=country)

    assert number.e164 == ""
    assert number.key == text.replace(" ", "")


def test_the_extension_is_kept_apart():
    number = read_phone("+61 2 9999 1234 ext. 207")

    assert (number.e164, number.extension) == ("+61299991234", "207")
    assert read_phone("02 9999 1234 x7", country="AU").extension == "7"


@pytest.mark.parametrize(
    "text", ["", "12", "call me", "1800 FLOWERS", "+0 2 9999", "1" * 30, "()-"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        read_phone(text, country="AU")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dr José García", "Garcia, Jose"),
        ("Søren Østergård", "Ostergard Soren"),
        ("Łukasz Żak", "Zak Lukasz"),
        ("Nguyễn Văn An", "An Nguyen Van"),
        ("O'Brien, Mary", "Mary O\u2019Brien"),
        ("Weiß, Jörg", "JORG WEISS"),
    ],
)
def test_a_person_has_one_key_however_the_name_is_written(one, other):
    assert name_key(one, is_person=True) == name_key(other, is_person=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sky Aero Pty Ltd", "SKY AERO"),
        ("St. Vincent's Hospital", "Saint Vincents Hospital"),
        ("Smith & Sons Limited", "Smith and Sons"),
        ("The Jet Centre", "Jet Center, Inc."),
    ],
)
def test_a_company_has_one_key_whatever_its_legal_form(one, other):
    assert name_key(one, is_person=False) == name_key(other, is_person=False)


@pytest.mark.parametrize("name", ["The Company", "***", "株式会社", ".", "'", "\u00b4"])
def test_a_name_of_nothing_but_forms_or_signs_still_has_a_key(name):
    assert name_key(name, is_person=False)


def test_a_name_of_who_knows_whom_is_without_titles_and_legal_forms():
    assert name_key("Dr Ana Lima Pty Ltd", is_person=None) == "ana lima"


@pytest.mark.parametrize(
    "name", ["\u200b", "\u0301", "\u202egro.knab", "Ana\u2066", "Ana\x07Lima", "Ana\nLima"]
)
def test_a_name_that_cannot_be_read_or_turns_the_writing_is_named(name):
    assert fault_in_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "José García",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "שלום\u200f",
        "株式会社",
        "***",
        "Jose\u0301",
    ],
)
def test_a_name_of_any_script_is_sound(name):
    assert fault_in_name(name) == ""


def test_mail_addresses_are_one_without_regard_to_case():
    assert email_key(" J.Garcia@Hospital.EXAMPLE ") == "j.garcia@hospital.example"
    assert email_key("info@Müller.example") == "info@xn--mller-kva.example"
