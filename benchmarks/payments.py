"""
Events of payment providers in any order and doubled: the same books, whichever way they come.

For each provider a day is played against its stand-in (payments on its page and by card, declines,
refunds made at the provider, disputes won and lost); then its events, each twice, are taken in
again and again in an order of chance, from the same start, and what the books, invoices, payments,
refunds and disputes come to is compared. Then once with the guards off: without ranks an older
piece of news undoes a newer one, and the comparison must notice. Needs the environment that
script/manage sets, and a role that may create a database.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from benchmarks import place

place.DATABASE = "windsock_benchmark_payments"
PROVIDERS = ("stripe", "square", "paypal")
EVENTS = 200


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.payments", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    parser.add_argument("--runs", type=int, default=1_000, help="of 200 events, per provider")
    parser.add_argument("--control-runs", type=int, default=5)
    parser.add_argument("--provider", choices=PROVIDERS, help="only this one")
    parser.add_argument("--seed", type=int, default=20_260_315)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=options.fresh)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        report = measure(options)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    wanted = [options.provider] if options.provider else list(PROVIDERS)
    found = {provider: of_provider(provider, options) for provider in wanted}
    return {
        "runs": options.runs,
        "events_per_run": EVENTS,
        "providers": found,
        "goals": {
            "every run comes to the same": all(
                each["same"] == options.runs for each in found.values()
            ),
            "debits are credits in every run": all(
                each["even"] == options.runs for each in found.values()
            ),
            "nothing is parked or failed": all(not each["left"] for each in found.values()),
            "without the guards it shows": all(each["control_noticed"] for each in found.values()),
        },
    }


def of_provider(provider: str, options: argparse.Namespace) -> dict[str, Any]:
    from django.db import transaction  # noqa: PLC0415 - needs Django

    from tests.finance.pay_desk import pay_desk  # noqa: PLC0415

    dice = random.Random(options.seed)  # noqa: S311 - orders of chance
    with pay_desk(provider) as desk:
        notices, plan = play_a_day(desk)
        pictures: Counter[str] = Counter()
        even = left = 0
        begun = time.perf_counter()
        for _ in range(options.runs):
            with transaction.atomic():
                told = take_all_in(desk, notices, dice)
                pictures[told["picture"]] += 1
                even += told["even"]
                left += told["left"]
                transaction.set_rollback(True)
        seconds = time.perf_counter() - begun
        noticed = control(desk, notices, dice, pictures, options.control_runs)
    return {
        "day": plan,
        "different_events": len(notices),
        "outcomes": len(pictures),
        "same": pictures.most_common(1)[0][1],
        "even": even,
        "left": left,
        "events_per_s": round(options.runs * EVENTS / seconds),
        "control_noticed": noticed,
    }


def play_a_day(desk: Any) -> tuple[list[Any], dict[str, int]]:
    """Payments until there are a hundred events; returns what the provider announced."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from finance.services.payment_accounts import gateway_of  # noqa: PLC0415

    kinds = ("plain", "refunded", "part_refunded", "won", "lost", "declined")
    count: Counter[str] = Counter()
    while len(desk.stand_in.kept.events) < EVENTS // 2:
        kind = kinds[sum(count.values()) % len(kinds)]
        count[kind] += 1
        _one(desk, kind, amount=f"{100 + 7 * sum(count.values())}.00", at=timezone.now())
    gateway = gateway_of(desk.account)
    events = desk.stand_in.kept.events[: EVENTS // 2]
    return [gateway.notice(json.dumps(event).encode()) for event in events], dict(count)


def _one(desk: Any, kind: str, *, amount: str, at: Any) -> None:
    from finance.gateways.base import RefundOrder  # noqa: PLC0415 - needs Django
    from finance.services import payments  # noqa: PLC0415
    from finance.services.payment_accounts import gateway_of  # noqa: PLC0415

    gateway = gateway_of(desk.account)
    link = desk.link(desk.invoice(amount))
    intent = payments.carry_out(
        payments.record_checkout(link, provider=desk.provider, at=at), actor=None, at=at
    )
    page = desk.page_name(intent)
    if kind == "declined" and desk.provider == "stripe":
        tried = _tried(desk.stand_in.kept.objects[page])
        desk.stand_in.emit("payment_intent.payment_failed", tried)
    desk.stand_in.pay(page)
    name = payments.name_of(intent)
    if desk.provider == "paypal":
        gateway.capture(name, name.amount)
    state = gateway.find_payment(name)
    assert state is not None
    if kind in ("refunded", "part_refunded"):
        part = state.amount if kind == "refunded" else state.amount // 3
        paid = payments.PaymentName(
            reference="", ids=state.ids, amount=state.amount, currency=state.currency, since=at
        )
        order = RefundOrder(
            reference="", payment=paid, amount=part, currency=state.currency, since=at
        )
        gateway.refund(order)
    elif kind in ("won", "lost"):
        dispute = desk.stand_in.dispute(_money_name(desk.provider, state.ids))
        desk.stand_in.decide(dispute.get("id") or dispute["dispute_id"], kind)


def _tried(session: dict[str, Any]) -> dict[str, Any]:
    """A first attempt on the page that the bank declined."""
    return {
        "id": f"pi_tried{session['id'][-8:]}",
        "object": "payment_intent",
        "amount": session["amount_total"],
        "currency": session["currency"],
        "last_payment_error": {"code": "card_declined"},
        "metadata": session["metadata"],
        "status": "requires_payment_method",
    }


def _money_name(provider: str, ids: tuple[str, ...]) -> str:
    start = {"stripe": "pi_", "square": "payment:", "paypal": "capture:"}[provider]
    found = next(name for name in ids if name.startswith(start))
    return found if provider == "stripe" else found.removeprefix(start)


def take_all_in(desk: Any, notices: list[Any], dice: random.Random) -> dict[str, Any]:
    """Every event twice in an order of chance; what was parked is tried until nothing changes."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from finance.models import EventStatus, ProviderEvent  # noqa: PLC0415
    from finance.services.inbox import take_in, try_again  # noqa: PLC0415

    at = timezone.now()
    told = [*notices, *notices]
    dice.shuffle(told)
    for notice in told:
        take_in(desk.account, notice, digest="", at=at)
    for hour in range(1, 9):
        parked = list(ProviderEvent.objects.filter(status=EventStatus.PARKED).order_by("pk"))
        if not parked:
            break
        for event in parked:
            try_again(event, at=at + timedelta(hours=hour))
    wrong = ProviderEvent.objects.filter(status__in=[EventStatus.PARKED, EventStatus.FAILED])
    return {**picture(), "left": wrong.count()}


def picture() -> dict[str, Any]:
    """What everything came to, as text, and whether debits are credits."""
    from django.db.models import Sum  # noqa: PLC0415 - needs Django

    from finance.models import (  # noqa: PLC0415
        Dispute,
        Invoice,
        Payment,
        PaymentIntent,
        Refund,
        Transaction,
    )
    from tests.finance.books import at_commit, balances  # noqa: PLC0415

    at_commit()
    found = {
        "books": {code: str(amount) for code, amount in balances().items()},
        "invoices": list(
            Invoice.objects.order_by("pk").values_list("pk", "paid", "credited", "status")
        ),
        "intents": list(PaymentIntent.objects.order_by("pk").values_list("pk", "status")),
        "payments": sorted(
            Payment.objects.values_list("intent", "amount", "refunded", "charged_back", "status")
        ),
        "refunds": sorted(Refund.objects.values_list("provider_id", "amount", "status")),
        "disputes": sorted(Dispute.objects.values_list("provider_id", "amount", "status")),
    }
    sums = Transaction.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    return {
        "picture": json.dumps(found, default=str, sort_keys=True),
        "even": sums["debit"] == sums["credit"],
    }


def control(
    desk: Any, notices: list[Any], dice: random.Random, pictures: Counter[str], runs: int
) -> bool:
    """Whether the comparison notices that the guards are off, in every one of a few runs."""
    from django.db import DatabaseError, transaction  # noqa: PLC0415 - needs Django

    from common.exceptions import DomainError  # noqa: PLC0415

    (expected, _), *_ = pictures.most_common(1)
    noticed = 0
    for _ in range(runs):
        with transaction.atomic(), guards_off():
            try:
                noticed += take_all_in(desk, notices, dice)["picture"] != expected
            except (DomainError, DatabaseError):
                noticed += 1
            transaction.set_rollback(True)
    return noticed == runs


def guards_off() -> Any:
    """Every piece of news is the newest, and every move is allowed."""
    from finance.models import INTENT_RANKS, PaymentIntent  # noqa: PLC0415 - needs Django

    class Newest(dict[str, int]):
        count = 0

        def __getitem__(self, status: str) -> int:
            type(self).count -= 1
            return type(self).count

    anything = {status: set(INTENT_RANKS) for status in INTENT_RANKS}
    return _both(
        patch("finance.services.outcomes.INTENT_RANKS", Newest()),
        patch.object(PaymentIntent, "TRANSITIONS", anything),
    )


class _both:  # noqa: N801 - used like a function
    def __init__(self, *patches: Any) -> None:
        self.patches = patches

    def __enter__(self) -> None:
        for each in self.patches:
            each.start()

    def __exit__(self, *error: object) -> None:
        for each in self.patches:
            each.stop()


def text(report: dict[str, Any]) -> str:
    lines = [f"{report['runs']} runs of {report['events_per_run']} events, shuffled and doubled"]
    for provider, found in report["providers"].items():
        lines.append(
            f"{provider:8} {found['different_events']} events of {sum(found['day'].values())}"
            f" payments; same in {found['same']} of {report['runs']}, even in {found['even']},"
            f" {found['left']} left; {found['events_per_s']} events/s;"
            f" guards off: {'noticed' if found['control_noticed'] else 'NOT noticed'}"
        )
    lines += [f"{'ok  ' if met else 'MISS'} {goal}" for goal, met in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
