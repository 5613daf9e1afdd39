"""Two signatures at once, a signature against a withdrawal, an expiry, another code."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from unittest.mock import patch

import pytest

from common.exceptions import DomainError
from common.models import OutboxEvent, StatusChange
from documents.exceptions import AgreementClosed, AgreementRunOut, CodeNotSent, CodeRefused
from documents.models import Agreement, AgreementEntry
from documents.services import agreements, codes, sealing, signatures
from tests.common.concurrency import at_once
from tests.documents.agreements.conftest import CALLER

pytestmark = pytest.mark.django_db(transaction=True)


def fresh(agreement):
    return Agreement.objects.select_related("document").get(pk=agreement.pk)


def signing(desk, agreement, code, *, at=None, **more):
    row, signature = fresh(agreement), desk.signature(agreement, code, **more)
    return lambda: signatures.sign_agreement(row, signature, caller=CALLER, at=at or desk.at)


def failures(outcomes):
    return [each for each in outcomes if isinstance(each, Exception)]


def steps(agreement):
    rows = StatusChange.objects.filter(
        content_type__model="agreement", object_id=agreement.pk
    ).order_by("pk")
    return list(rows.values_list("to_status", flat=True))


def signed_events():
    return OutboxEvent.objects.filter(name="documents.agreement_signed").count()


def without_locks():
    """Take the row locks away: everybody decides on what was read before anybody wrote."""
    gate = Barrier(2)

    def read(agreement):
        row = fresh(agreement)
        with suppress(BrokenBarrierError):
            gate.wait(timeout=3)
        return row.document, row

    return [patch.object(module, "lock_both", read) for module in (signatures, sealing)]


def test_a_double_click_signs_once(desk):
    agreement = desk.opened()
    code = desk.code(agreement)

    outcomes = at_once(*[signing(desk, agreement, code, name=f"Name {n}") for n in range(5)])

    assert [type(each) for each in failures(outcomes)] == [AgreementClosed] * 4
    winner = next(each for each in outcomes if isinstance(each, Agreement))
    assert (steps(agreement).count("signed"), signed_events()) == (1, 1)
    assert fresh(agreement).signed_name == winner.signed_name


def test_control_without_the_locks_two_signatures_would_pass_the_checks(desk):
    agreement = desk.opened()
    code = desk.code(agreement)
    guard, _ = without_locks()

    with guard, patch.object(codes, "try_code", lambda *args, **more: None):
        outcomes = at_once(
            signing(desk, agreement, code, name="One"), signing(desk, agreement, code, name="Two")
        )

    # The database alone stops the second then, by refusing to change what is signed.
    assert not any(isinstance(each, DomainError) for each in outcomes)
    assert "what was sent or signed is fixed" in str(failures(outcomes)[0])


@pytest.mark.parametrize("round_number", range(3))
def test_a_signature_against_a_withdrawal(desk, round_number):
    agreement = desk.opened()
    code, row = desk.code(agreement), fresh(agreement)

    signed, withdrawn = at_once(
        signing(desk, agreement, code),
        lambda: agreements.withdraw_agreement(row, reason="x", actor=desk.clerk, at=desk.at),
    )

    assert len({"signed", "withdrawn"} & set(steps(agreement))) == 1
    assert len(failures([signed, withdrawn])) == 1
    assert (fresh(agreement).status == "signed") == (signed_events() == 1)


@pytest.mark.parametrize("round_number", range(3))
def test_a_signature_in_the_last_moment_against_the_expiry(desk, round_number):
    agreement = desk.opened(valid_days=1)
    until = agreement.expires_at
    before = until.replace(microsecond=0) - (until - desk.at) / 1000
    code, row = desk.code(agreement, at=before), fresh(agreement)

    signed, expired = at_once(
        signing(desk, agreement, code, at=before),
        lambda: agreements.expire_agreement(row, at=until),
    )

    assert len({"signed", "expired"} & set(steps(agreement))) == 1
    if fresh(agreement).status == "signed":
        assert isinstance(expired, AgreementClosed)
    else:
        assert isinstance(signed, AgreementRunOut)


def test_of_two_codes_asked_for_at_once_one_is_good(desk):
    agreement = desk.opened()

    def asking():
        row = fresh(agreement)
        return lambda: signatures.request_code(row, caller=CALLER, at=desk.at)

    outcomes = at_once(asking(), asking(), asking())

    assert failures(outcomes) == []
    assert agreement.codes.filter(used_at=None, replaced_at=None).count() == 1
    assert agreement.codes.count() == 3


def test_a_code_against_a_newer_one(desk):
    agreement = desk.opened()
    code, row = desk.code(agreement), fresh(agreement)

    signed, _ = at_once(
        signing(desk, agreement, code),
        lambda: signatures.request_code(row, caller=CALLER, at=desk.at),
    )

    if fresh(agreement).status == "signed":
        assert isinstance(signed, Agreement)
    else:
        assert isinstance(signed, (CodeRefused, CodeNotSent))
    assert signed_events() == steps(agreement).count("signed")


def test_wrong_guesses_at_once_are_all_counted(desk):
    agreement = desk.opened()
    code = desk.code(agreement)
    wrong = [f"{(int(code) + n) % 10**6:06d}" for n in range(1, 9)]

    outcomes = at_once(*[signing(desk, agreement, guess) for guess in wrong])

    assert sorted(type(each).__name__ for each in outcomes) == (
        ["CodeExpired"] * 3 + ["CodeRefused"] * 5
    )
    assert AgreementEntry.objects.filter(deed="code_refused").count() == 5


def test_two_workers_seal_one_file_and_two_countersign_once(desk):
    agreement = desk.signed()
    row = fresh(agreement)
    first, second = at_once(*[lambda: sealing.seal_agreement(row, at=desk.at)] * 2)
    assert first.sha256 == second.sha256
    assert AgreementEntry.objects.filter(deed="sealed").count() == 1

    def countersigning():
        row = fresh(agreement)
        return lambda: sealing.countersign_agreement(row, actor=desk.clerk, at=desk.at)

    outcomes = at_once(countersigning(), countersigning())

    assert len(failures(outcomes)) == 1
    assert isinstance(failures(outcomes)[0], DomainError)
    assert steps(agreement).count("countersigned") == 1
    checks = sealing.check_agreement(fresh(agreement), at=desk.at)
    assert [check.holds for check in checks] == [True, True]
