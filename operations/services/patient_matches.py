"""Two patients on file that may be one person: noted at registration, settled by a coordinator."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.lifecycle import locked, move
from common.outbox import announce
from operations.events import PatientMatched
from operations.models import MatchStatus, Patient, PatientMatch


def note_matches(patient: Patient, others: Iterable[Patient], *, at: datetime) -> None:
    """
    Note that a new patient looks like others on file, for whoever may find out.

    Nothing of it reaches who registered the patient: they may not search. Call in the transaction
    of the registration.
    """
    for other in others:
        match = PatientMatch.objects.create(patient=patient, looks_like=other, noted_at=at)
        # Found by the system: who registered the patient knows nothing of it.
        audit.record("patient_match.noted", match, actor=None, at=at)
        announce(PatientMatched(match_id=match.pk))


@transaction.atomic
def settle_match(match: PatientMatch, *, is_same: bool, actor: Any, at: datetime) -> PatientMatch:
    """
    Say whether two patients are one person, for whoever merges or keeps apart what hangs on them.

    Both records stay as they are; saying otherwise later is possible. Raises TransitionNotAllowed.
    """
    match = locked(match)
    match.settled_by, match.settled_at = actor, at
    to = MatchStatus.SAME_PERSON if is_same else MatchStatus.ANOTHER_PERSON
    move(match, to, actor=actor, at=at)
    audit.record("patient_match.settled", match, actor=actor, at=at, is_same=is_same)
    return match
