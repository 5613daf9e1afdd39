import importlib
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from common.console import ConsoleCommand
from finance.models import PaymentAccount
from finance.services.payment_accounts import change_payment_account, open_payment_account


class Command(ConsoleCommand):
    # It serves until it is stopped, and has no result.
    has_json = False
    help = (
        "Run local stand-ins of Stripe, Square and PayPal at the addresses that STRIPE_API_URL,"
        " SQUARE_API_URL and PAYPAL_API_URL name, and open an account with each. Demo and"
        " development only; no real card works with them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base-url", required=True, help="Where this site answers.")
        parser.add_argument("--accounts-only", action="store_true", help="Open accounts and end.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PAYMENTS_LIVE or not (settings.DEBUG or settings.DEMO):
            raise CommandError("Stand-ins serve the demo and development only.")
        # Part of the tests, which an installation may leave out: asked for only here.
        accounts = importlib.import_module("tests.finance.providers.accounts")
        server = importlib.import_module("tests.finance.providers.server")
        self._open_accounts(accounts.SECRETS, options["base_url"].rstrip("/"))
        if options["accounts_only"]:
            return
        running = []
        for provider, kind in accounts.STAND_INS.items():
            port = urlsplit(settings.PAYMENT_API_URLS[provider]).port
            if port is None:
                raise CommandError(f"{provider.upper()}_API_URL names no stand-in.")
            stand_in = kind(port=port, delivers=True)
            account = PaymentAccount.objects.get(code=f"stand-in-{provider}")
            stand_in.kept.subscriptions.append(
                server.Subscription(
                    url=_hook(options["base_url"].rstrip("/"), provider),
                    secret=account.webhook_secret,
                    webhook_id=account.webhook_id,
                )
            )
            stand_in.__enter__()
            running.append(stand_in)
            self.stdout.write(f"{provider}: {stand_in.url}")
        while running:
            time.sleep(60)

    def _open_accounts(self, secrets: dict[str, dict[str, str]], base_url: str) -> None:
        for provider, given in secrets.items():
            code = f"stand-in-{provider}"
            values = dict(given)
            if "notification_url" in values:
                values["notification_url"] = _hook(base_url, provider)
            known = PaymentAccount.objects.filter(code=code).first()
            if known is not None:
                # The site may answer on another port than the last time.
                self._move(known, values.get("notification_url", ""))
                continue
            open_payment_account(
                code=code,
                name=f"Stand-in of {provider}",
                provider=provider,
                actor=None,
                at=timezone.now(),
                **values,
            )

    def _move(self, known: PaymentAccount, address: str) -> None:
        if known.notification_url != address:
            given = {"notification_url": address}
            change_payment_account(known, changes=given, actor=None, at=timezone.now())


def _hook(base_url: str, provider: str) -> str:
    return f"{base_url}/api/finance/webhooks/{provider}/"
