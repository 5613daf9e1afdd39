import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.console import ConsoleCommand, Misuse
from common.exceptions import DomainError
from finance.models import PaymentAccount, ProviderName
from finance.services.payment_accounts import change_payment_account, open_payment_account

FIELDS = ("key", "client_id", "webhook_secret", "webhook_id", "notification_url", "location")


class Command(ConsoleCommand):
    help = (
        "Open or change an account with a payment provider. Its secrets are read from standard"
        ' input, as {"key": "...", "webhook_secret": "..."}, so that no list of processes shows'
        " them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="Our name of the account, e.g. main.")
        parser.add_argument(
            "--provider", choices=ProviderName.values, help="Who takes the payments."
        )
        parser.add_argument("--name", default="", help="What people read; the code by default.")
        parser.add_argument("--scope", default="", help="The operator; empty: the company.")
        parser.add_argument("--close", action="store_true", help="Take it out of use.")

    def handle(self, *args: Any, **options: Any) -> None:
        known = PaymentAccount.objects.filter(code=options["code"]).first()
        try:
            if options["close"]:
                self._close(known)
            elif known is not None:
                given = self._read()
                change_payment_account(known, changes=given, actor=None, at=timezone.now())
            else:
                self._open(options)
        except DomainError as refusal:
            raise CommandError(str(refusal)) from None
        account = PaymentAccount.objects.get(code=options["code"])
        found = {
            "code": account.code,
            "provider": account.provider,
            "scope": account.scope,
            "is_active": account.is_active,
        }
        self.answer(options, found, [f"{account.code}: done"])

    def _open(self, options: dict[str, Any]) -> None:
        if not options["provider"]:
            raise Misuse("A new account needs --provider.")
        empty = dict.fromkeys(FIELDS, "")
        open_payment_account(
            code=options["code"],
            name=options["name"] or options["code"],
            provider=options["provider"],
            scope=options["scope"],
            actor=None,
            at=timezone.now(),
            **{**empty, **self._read()},
        )

    def _close(self, known: PaymentAccount | None) -> None:
        if known is None:
            raise Misuse("There is no such account.")
        changes = {"is_active": False}
        change_payment_account(known, changes=changes, actor=None, at=timezone.now())

    def _read(self) -> dict[str, str]:
        try:
            found = json.load(sys.stdin)
        except ValueError:
            raise Misuse("Standard input is not JSON.") from None
        if not isinstance(found, dict) or set(found) - set(FIELDS):
            raise Misuse(f"Give an object with some of: {', '.join(FIELDS)}.")
        return {name: str(value) for name, value in found.items()}
