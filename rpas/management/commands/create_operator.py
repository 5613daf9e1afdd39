"""`create_operator`: a drone operator and its first manager, asked for step by step."""

import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.console import ConsoleCommand, Misuse
from common.exceptions import DomainError
from rpas.operator_questions import PARTICULARS, QUESTIONS, Question
from rpas.services.operator_setup import Manager, SetUp, set_up_operator
from users.models import User


class Command(ConsoleCommand):
    help = (
        "Set up a drone operator with its first manager. At a terminal it asks for what no option"
        " gives, and again for what is no answer; with --no-input a script gives everything. A new"
        " account gets a random password, printed once and kept nowhere; its second factor is"
        " enrolled at the first sign-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as", dest="actor", required=True, help="E-mail of the administrator who does it."
        )
        parser.add_argument(
            "--no-input",
            "--noinput",
            action="store_false",
            dest="interactive",
            help="Ask nothing: what has a default takes it, what is missing is misuse.",
        )
        for question in QUESTIONS:
            default = f" By default {question.default}." if question.default else ""
            text = f"{question.help}{default}"
            parser.add_argument(question.option, dest=question.key, help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, make everything at once, print the password."""
        actor = User.objects.active().filter(email=options["actor"].lower()).first()
        if actor is None:
            raise Misuse(
                f"There is no open account {options['actor']}. The first of an installation is made"
                " by script/manage createsuperuser."
            )
        answers = self._answers(options)
        try:
            made = set_up_operator(
                particulars={each.key: answers[each.key] for each in _given(PARTICULARS, answers)},
                manager=Manager(
                    email=answers["manager_email"],
                    first_name=answers.get("manager_first_name", ""),
                    last_name=answers.get("manager_last_name", ""),
                    position=answers["manager_position"],
                    role=answers["manager_role"],
                ),
                actor=actor,
                at=timezone.now(),
            )
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.answer(options, _document(made), _lines(made))

    def _answers(self, options: dict[str, Any]) -> dict[str, Any]:
        may_ask = options["interactive"] and sys.stdin.isatty()
        answers: dict[str, Any] = {}
        for question in QUESTIONS:
            given = options[question.key]
            if not question.applies(answers):
                if given:
                    raise Misuse(f"{question.option} does not apply to the other answers.")
                continue
            if given is None and may_ask:
                answers[question.key] = self._asked(question, answers)
                continue
            answers[question.key] = self._from_option(question, given, answers)
        return answers

    def _from_option(self, question: Question, given: str | None, answers: dict[str, Any]) -> Any:
        text = question.default if given is None else given
        if text is None:
            raise Misuse(f"{question.option} is missing: {question.help}")
        try:
            return question.answer(text, answers)
        except ValidationError as wrong:
            raise Misuse(f"{question.option}: {' '.join(wrong.messages)}") from wrong

    def _asked(self, question: Question, answers: dict[str, Any]) -> Any:
        hint = f" [{question.default}]" if question.default else ""
        while True:
            # Standard output is for the result; input() would write its prompt there.
            self.stderr.write(f"{question.text}{hint}: ", style_func=str, ending="")
            self.stderr.flush()
            try:
                text = input()
            except EOFError:
                raise Misuse("Cut off before the last answer; nothing was made.") from None
            try:
                return question.answer(text.strip() or question.default or "", answers)
            except ValidationError as wrong:
                self.console.say(f"  {' '.join(wrong.messages)}")


def _given(questions: tuple[Question, ...], answers: dict[str, Any]) -> list[Question]:
    return [each for each in questions if each.key in answers]


def _document(made: SetUp) -> dict[str, Any]:
    return {
        "operator": made.operator.pk,
        "name": made.operator.name,
        "arn": made.operator.arn,
        "manager": made.manager.email,
        "role": made.role.code,
        "is_new_account": bool(made.password),
        "password": made.password or None,
        "must_enroll_second_factor": made.role.requires_totp,
    }


def _lines(made: SetUp) -> list[str]:
    lines = [
        f"{made.operator.name} is set up.",
        f"{made.manager.email} manages it as {made.role.name}.",
    ]
    if not made.password:
        return [*lines, "The account was there; its password is as it was."]
    lines.append(f"Password, shown only now: {made.password}")
    lines.append("Sign in with it, enroll the second factor that is asked for, and change it.")
    return lines
