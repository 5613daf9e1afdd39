"""Who signs, and under which number."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rpas.models import KeyPersonnel, KeyPost, RPASOperator
from users.models import Qualification, QualificationKind, UserProfile


@dataclass(frozen=True)
class Signature:
    """A person's name and aviation reference number (or license) as the log copies them."""

    name: str
    number: str


def local_day(operator: RPASOperator, at: datetime) -> date:
    """The operator's calendar day at a moment."""
    return at.astimezone(ZoneInfo(operator.timezone)).date()


def signature_of(user: Any) -> Signature:
    """A person's name and ARN; the number is empty when there is none on file."""
    found = UserProfile.objects.filter(user=user).values_list("arn", flat=True).first()
    return Signature(user.full_name, found or "")


def license_of(user: Any, on: date) -> str:
    """The number of a person's RePL or flight crew license in force on a day; empty when none."""
    kinds = [QualificationKind.REPL, QualificationKind.LICENSE]
    held = Qualification.objects.in_force(on).filter(user=user, kind__in=kinds).exclude(number="")
    return held.order_by("-kind", "pk").values_list("number", flat=True).first() or ""


def is_maintenance_controller(user: Any, operator: RPASOperator, on: date) -> bool:
    """Whether a person holds the operator's post of maintenance controller on a day."""
    posts = KeyPersonnel.objects.in_post(KeyPost.MAINTENANCE_CONTROLLER).live_on(on)
    return posts.filter(operator=operator, user=user).exists()
