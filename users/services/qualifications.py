from datetime import datetime
from typing import Any

from django.db import transaction

from common import audit
from common.compliance.service import touch
from common.exceptions import InvalidInput
from common.lifecycle import locked, move
from common.outbox import announce
from users.events import QualificationChanged
from users.exceptions import NotOneself, QualificationRevoked
from users.models import Qualification, QualificationStatus, User, WeightBand
from users.services.guards import require_own_or_granted

BY_TYPE = (WeightBand.UP_TO_150_KG, WeightBand.OVER_150_KG)


@transaction.atomic
def record_qualification(user: User, *, actor: User, at: datetime, **fields: Any) -> Qualification:
    """
    Write a paper down, as yet unverified; for another person only who may change papers.

    Raises InvalidInput when it contradicts itself, BeyondOwnAuthority.
    """
    require_own_or_granted(actor, user, "users.change_qualification")
    paper = Qualification(user=user, **fields)
    _require_sense(paper)
    paper.save(force_insert=True)
    audit.record("qualification.record", paper, actor=actor, at=at, person=user.email)
    _announce(paper)
    return paper


@transaction.atomic
def change_qualification(
    paper: Qualification, *, version: int | None, actor: User, at: datetime, **changes: Any
) -> Qualification:
    """
    Correct or renew a paper; a verified one must then be verified again.

    Raises QualificationRevoked, InvalidInput, StaleVersion.
    """
    paper = locked(paper, version=version)
    if paper.status == QualificationStatus.REVOKED:
        raise QualificationRevoked
    for name, value in changes.items():
        setattr(paper, name, value)
    _require_sense(paper)
    if paper.status == QualificationStatus.VERIFIED:
        _unverify(paper, QualificationStatus.UNVERIFIED, actor=actor, at=at, reason="changed")
    else:
        paper.save()
    fields = sorted(changes)
    audit.record("qualification.change", paper, actor=actor, at=at, fields=fields)
    _announce(paper)
    return paper


@transaction.atomic
def verify_qualification(paper: Qualification, *, actor: User, at: datetime) -> Qualification:
    """
    State that one has seen the paper and it says this. From now on it counts.

    Raises NotOneself for one's own paper (a superuser may), TransitionNotAllowed.
    """
    paper = locked(paper)
    if paper.user_id == actor.pk and not actor.is_superuser:
        raise NotOneself
    paper.verified_by, paper.verified_at = actor, at
    move(paper, QualificationStatus.VERIFIED, actor=actor, at=at)
    audit.record("qualification.verify", paper, actor=actor, at=at)
    _announce(paper)
    return paper


@transaction.atomic
def revoke_qualification(
    paper: Qualification, *, reason: str, actor: User, at: datetime
) -> Qualification:
    """Strike a paper off for good. Raises TransitionNotAllowed."""
    paper = locked(paper)
    _unverify(paper, QualificationStatus.REVOKED, actor=actor, at=at, reason=reason)
    audit.record("qualification.revoke", paper, actor=actor, at=at, reason=reason)
    _announce(paper)
    return paper


def _unverify(
    paper: Qualification, to: QualificationStatus, *, actor: User, at: datetime, reason: str
) -> None:
    paper.verified_by = paper.verified_at = None
    move(paper, to, actor=actor, at=at, reason=reason)


def _require_sense(paper: Qualification) -> None:
    if paper.expires_on is not None and paper.expires_on < paper.issued_on:
        raise InvalidInput("/expires_on", "Not before the day of issue.")
    if (paper.kind == "repl") != bool(paper.weight_band):
        raise InvalidInput("/weight_band", "A RePL has a weight band, nothing else has.")
    if paper.weight_band in BY_TYPE and not paper.aircraft_type:
        raise InvalidInput("/aircraft_type", "Above 25 kg a RePL names the aircraft type.")


def _announce(paper: Qualification) -> None:
    announce(QualificationChanged(user_id=paper.user_id, qualification_id=paper.pk))
    touch(f"user:{paper.user_id}")
