"""What is asked of whoever sets up an operator, and what counts as an answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from rpas.models import RPASOperator
from rpas.models.operator import AircraftKind
from users.models import Role, User

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """
    One answer that is needed, as an option of a script and as a question at a terminal.

    `parse` makes a value of the text or raises ValidationError; `check` holds it against the
    answers given before. `applies` says whether the question arises after those.
    """

    key: str
    text: str
    help: str
    parse: Callable[[str], Any]
    default: str | None = None
    check: Callable[[Any, Answers], None] = lambda value, answers: None
    applies: Callable[[Answers], bool] = lambda answers: True

    @property
    def option(self) -> str:
        """As it is given on a command line."""
        return f"--{self.key.replace('_', '-')}"

    def answer(self, text: str, answers: Answers) -> Any:
        """The value of an answer. Raises ValidationError."""
        value = self.parse(text.strip())
        self.check(value, answers)
        return value


def _column(name: str) -> Callable[[str], Any]:
    """An answer as the operator's own column takes it; unique ones are not taken yet."""

    def parse(text: str) -> Any:
        field: Any = RPASOperator._meta.get_field(name)
        value = field.clean(text or None if field.null else text, RPASOperator())
        is_single = field.unique and value is not None
        if is_single and RPASOperator.objects.filter(**{name: value}).exists():
            raise ValidationError(f"There is an operator with {field.verbose_name} {value}.")
        return value

    return parse


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError("A day as YYYY-MM-DD.") from None


def _not_before_issue(value: date | None, answers: Answers) -> None:
    issued = answers.get("reoc_issued_on")
    if value is not None and issued is not None and value < issued:
        raise ValidationError(f"That is before the day of issue, {issued}.")


def _kinds(text: str) -> list[str]:
    kinds = [part.strip() for part in text.split(",") if part.strip()]
    unknown = sorted(set(kinds) - set(AircraftKind.values))
    if unknown:
        known = ", ".join(AircraftKind.values)
        raise ValidationError(f"{unknown[0]} is none of {known}.")
    return kinds


def _mass(text: str) -> float | None:
    if not text:
        return None
    value = RPASOperator._meta.get_field("scope_max_mass_kg").clean(text, RPASOperator())
    if not 0.001 <= value <= 100_000:
        raise ValidationError("A mass between 0.001 and 100000 kg.")
    return float(value)


def _email(text: str) -> str:
    validate_email(text)
    if len(text) > 254:
        raise ValidationError("At most 254 characters.")
    known = User.objects.filter(email=text.lower()).first()
    if known is not None and not known.is_active:
        raise ValidationError("That account is closed.")
    return text.lower()


def _name(text: str) -> str:
    if not 1 <= len(text) <= 100:
        raise ValidationError("1 to 100 characters.")
    return text


def _position(text: str) -> str:
    if len(text) > 80:
        raise ValidationError("At most 80 characters.")
    return text


def _role(text: str) -> str:
    if not Role.objects.filter(code=text, is_staff_role=True).exists():
        codes = Role.objects.filter(is_staff_role=True).order_by("code")
        known = ", ".join(codes.values_list("code", flat=True))
        raise ValidationError(f"Roles of staff are {known}; script/manage seed_roles makes them.")
    return text


def _has_certificate(answers: Answers) -> bool:
    return bool(answers.get("reoc_number"))


def _is_new_person(answers: Answers) -> bool:
    return not User.objects.filter(email=answers.get("manager_email", "")).exists()


PARTICULARS = (
    Question("name", "Name of the operator", "Its name, as people say it.", _column("name")),
    Question(
        "legal_name", "Name in law", "Its name in law, as on the certificate.",
        _column("legal_name"),
    ),
    Question("arn", "Aviation reference number (ARN)", "Its ARN with CASA.", _column("arn")),
    Question(
        "reoc_number", "Number of the ReOC, empty without one", "Number of its ReOC; empty: none.",
        _column("reoc_number"), default="",
    ),
    Question(
        "reoc_issued_on", "ReOC issued on (YYYY-MM-DD)", "Day on which the ReOC was issued.",
        _day, default="", applies=_has_certificate,
    ),
    Question(
        "reoc_expires_on", "ReOC expires on (YYYY-MM-DD)", "Day through which the ReOC is good.",
        _day, default="", check=_not_before_issue, applies=_has_certificate,
    ),
    Question(
        "scope_types", f"Kinds of aircraft it covers, of {', '.join(AircraftKind.values)}",
        "Kinds of aircraft the ReOC covers, with commas.", _kinds, default="",
        applies=_has_certificate,
    ),
    Question(
        "scope_max_mass_kg", "Greatest take-off mass it allows, in kg",
        "Greatest take-off mass the ReOC allows, in kg.", _mass, default="",
        applies=_has_certificate,
    ),
    Question(
        "timezone", "Time zone", "Its zone in the IANA database; decides which day it is there.",
        _column("timezone"), default="Australia/Sydney",
    ),
)  # fmt: skip
MANAGER = (
    Question(
        "manager_email", "E-mail of its first manager",
        "Who manages it; an account with this address is used where there is one.", _email,
    ),
    Question(
        "manager_first_name", "First name", "The manager's first name.", _name,
        applies=_is_new_person,
    ),
    Question(
        "manager_last_name", "Last name", "The manager's last name.", _name,
        applies=_is_new_person,
    ),
    Question(
        "manager_position", "Position", "What the manager is there.", _position,
        default="Operations manager",
    ),
    Question(
        "manager_role", "Role in this system", "Code of the role the manager gets.", _role,
        default="chief_remote_pilot",
    ),
)  # fmt: skip
QUESTIONS = PARTICULARS + MANAGER
