"""
kill -9 of web and worker in the middle of payments: none lost, none doubled.

A stand-in of Stripe, the web processes and a worker of the Procfile run on a database of their own.
Clients charge saved cards over HTTP, each with an Idempotency-Key; whoever gets no answer asks
again with the same key, except for some who never come back. All the while the web processes and
the worker are killed and started again. In the end what Stripe took is compared with the books.
Needs the environment that script/manage sets, Redis, and a role that may create a database.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from benchmarks import place

place.DATABASE = "windsock_benchmark_kill"
CLIENTS = 8
TOKEN = "pm_card_visa"  # noqa: S105 - their word for a test card
# Reconciliation asks about an attempt ninety seconds after nobody answered; a sweep a minute.
SETTLE_S = 240
# Clients who close the laptop at the first trouble; their payments are the worker's to find out.
NEVER_COME_BACK = 5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.payments_kill", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--payments", type=int, default=200)
    parser.add_argument(
        "--every", type=float, default=4.0, help="seconds between two kills, once all is up again"
    )
    parser.add_argument("--seed", type=int, default=20_260_315)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    port = place.free_port()
    os.environ |= {"WINDSOCK_DEMO": "1", "STRIPE_API_URL": f"http://127.0.0.1:{port}"}
    place.use_benchmark_database(fresh=True)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        report = measure(options, port)
    finally:
        place.drop_benchmark_database()
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def measure(options: argparse.Namespace, port: int) -> dict[str, Any]:
    from tests.finance.providers.stripe import StripeStandIn  # noqa: PLC0415 - needs Django

    with StripeStandIn(port=port, delivers=True) as stand_in:
        headers, jobs = make_world(options.payments)
        web, worker = Web(), Worker()
        stand_in.kept.subscriptions.append(subscription(web.port))
        with web, worker:
            killer = Killer([web, worker], options.every, options.seed)
            with killer:
                told = charge_all(web.port, headers, jobs)
            settled = wait_until_settled()
        return compare(stand_in, told, killer.kills, settled, options.payments)


def make_world(count: int) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """An accountant signed in, and as many invoices with a saved card each."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from finance.gateways.base import CardFacts  # noqa: PLC0415
    from finance.models import MethodSaving  # noqa: PLC0415
    from finance.services.outcomes import keep_method  # noqa: PLC0415
    from finance.services.payment_accounts import open_payment_account  # noqa: PLC0415
    from tests.finance.billing import issued  # noqa: PLC0415
    from tests.finance.pay_desk import SECRETS  # noqa: PLC0415
    from tests.users.factories import UserFactory, hold  # noqa: PLC0415
    from users.models import Role  # noqa: PLC0415
    from users.services.seeding import seed_roles  # noqa: PLC0415
    from users.services.sessions import Origin, start_session  # noqa: PLC0415
    from users.tokens import access_text  # noqa: PLC0415

    seed_roles()
    at, person = timezone.now(), UserFactory()
    hold(person, Role.objects.get(code="accountant"))
    account = open_payment_account(
        code="main", name="Main", provider="stripe", actor=None, at=at, **SECRETS["stripe"]
    )
    jobs = []
    for number in range(count):
        invoice = issued(None, f"{100 + number}.00", at=at)
        saving = MethodSaving.objects.create(
            customer=invoice.payer, account=account, reference=f"bench-{number}"
        )
        method = keep_method(saving, CardFacts(token=TOKEN), actor=None, at=at)
        jobs.append({"key": f"pay-{number}", "invoice": invoice.number, "method": method.pk})
    link = start_session(person, has_second_factor=True, origin=Origin(), at=at)
    return {"Authorization": f"Bearer {access_text(link.session)}"}, jobs


def subscription(port: int) -> Any:
    from tests.finance.pay_desk import SECRETS  # noqa: PLC0415 - needs Django
    from tests.finance.providers.server import Subscription  # noqa: PLC0415

    url = f"http://127.0.0.1:{port}/api/finance/webhooks/stripe/"
    return Subscription(url, secret=SECRETS["stripe"]["webhook_secret"])


class Process:
    """A command that can be killed with all its children, and started again."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> str:
        raise NotImplementedError

    def start(self) -> None:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            ["/bin/sh", "-c", f"exec {self.command()}"],
            cwd=place.ROOT,
            env=os.environ | {"PATH": path, "CONN_MAX_AGE": "300"},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, how: int = signal.SIGKILL) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            self.process.wait(timeout=30)

    def wait_until_up(self) -> None:
        """Wait until it works again: what never begins is not killed in the middle of anything."""

    def __enter__(self) -> "Process":
        self.start()
        self.wait_until_up()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()


class Web(Process):
    def __init__(self) -> None:
        super().__init__()
        self.port = place.free_port()

    def command(self) -> str:
        return (
            "python -m gunicorn config.asgi:application -k uvicorn_worker.UvicornWorker -w 2"
            f" -b 127.0.0.1:{self.port} --no-control-socket"
        )

    def wait_until_up(self) -> None:
        _is_up(self.port)


class Worker(Process):
    def command(self) -> str:
        schedule = f"/tmp/windsock-benchmark-{os.getpid()}"  # noqa: S108 - beat's own file
        return (
            "python -m celery -A config worker -B --loglevel ERROR --concurrency 2"
            f" --without-gossip --without-mingle -s {schedule}"
        )


class Killer:
    """Kills one of the processes every few seconds and starts it again at once."""

    def __init__(self, processes: list[Process], every_s: float, seed: int) -> None:
        self.processes, self.every_s = processes, every_s
        self.dice = random.Random(seed)  # noqa: S311 - an order of chance
        self.kills = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        # Nothing is in the middle of anything before the first answers came.
        while not self.ended.wait(self.every_s * self.dice.uniform(0.7, 1.3)):
            victim = self.dice.choice([self.processes[0], *self.processes])
            victim.kill()
            victim.start()
            self.kills += 1
            victim.wait_until_up()

    def __enter__(self) -> "Killer":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join(timeout=60)


def charge_all(port: int, headers: dict[str, str], jobs: list[dict[str, Any]]) -> dict[str, Any]:
    """Every client charges until it has an answer; returns what they were told, by key."""

    def charge(place_: int, job: dict[str, Any]) -> tuple[str, Any, int]:
        body = {"invoice": job["invoice"], "payment_method": job["method"]}
        sent = {**headers, "Idempotency-Key": job["key"]}
        for attempt in range(1, 200):
            try:
                answer = requests.post(
                    f"http://127.0.0.1:{port}/api/finance/payment-intents/",
                    json=body,
                    headers=sent,
                    timeout=30,
                )
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status_code == 201:
                return job["key"], answer.json(), attempt
            is_refused = answer is not None and answer.status_code not in (202, 409, 500, 503)
            if is_refused:
                raise RuntimeError(f"{answer.status_code} {answer.text[:200]}")
            if answer is not None and place_ % NEVER_COME_BACK == 0:
                return job["key"], None, attempt
            if attempt > 1 and place_ % NEVER_COME_BACK == 0:
                return job["key"], None, attempt
            time.sleep(0.5)
        return job["key"], None, 200

    with ThreadPoolExecutor(CLIENTS) as pool:
        found = list(pool.map(charge, range(len(jobs)), jobs))
    again = [
        requests.post(
            f"http://127.0.0.1:{port}/api/finance/payment-intents/",
            json={"invoice": job["invoice"], "payment_method": job["method"]},
            headers={**headers, "Idempotency-Key": job["key"]},
            timeout=30,
        )
        for job, (_, told, _) in zip(jobs[:20], found, strict=False)
        if told is not None and _is_up(port)
    ]
    answered = {key: told for key, told, _ in found if told is not None}
    repeated = [each.json() for each in again if each.status_code == 201]
    return {
        "answered": answered,
        "asked_again": sum(attempt > 1 for _, _, attempt in found),
        "gave_up": len(found) - len(answered),
        "repeated": len(repeated),
        "repeated_same": sum(each in answered.values() for each in repeated),
    }


def _is_up(port: int) -> bool:
    for _ in range(60):
        with suppress(requests.RequestException):
            if requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok:
                return True
        time.sleep(0.5)
    return False


def wait_until_settled() -> bool:
    """Give the worker the time that reconciliation takes."""
    from finance.models import PaymentIntent  # noqa: PLC0415 - needs Django

    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        if not PaymentIntent.objects.exclude(status__in=["succeeded", "failed"]).exists():
            return True
        time.sleep(2)
    return False


def compare(
    stand_in: Any, told: dict[str, Any], kills: int, settled: bool, count: int
) -> dict[str, Any]:
    """What Stripe took beside what the books say."""
    from django.db.models import Sum  # noqa: PLC0415 - needs Django

    from finance.gateways.stripe_shapes import REFERENCE  # noqa: PLC0415
    from finance.models import Payment, PaymentIntent, Transaction  # noqa: PLC0415

    taken = [
        each
        for each in stand_in.kept.objects.values()
        if each["object"] == "payment_intent" and each["status"] == "succeeded"
    ]
    references = [each["metadata"][REFERENCE] for each in taken]
    ours = dict(Payment.objects.values_list("intent__idempotency_key", "amount"))
    sums = Transaction.objects.aggregate(debit=Sum("debit"), credit=Sum("credit"))
    theirs_sum = sum(each["amount_received"] for each in taken) / 100
    acknowledged = {each["payment"] for each in told["answered"].values()}
    numbers = set(Payment.objects.values_list("number", flat=True))
    lost = set(references) - set(ours)
    report = {
        "payments": count,
        "kills": kills,
        "answered": len(told["answered"]),
        "asked_again": told["asked_again"],
        "never_came_back": told["gave_up"],
        "taken_by_the_provider": len(taken),
        "in_the_books": len(ours),
        "lost": len(lost) + len(acknowledged - numbers - {None}),
        "doubled": len(references) - len(set(references)),
        "invented": len(set(ours) - set(references)),
        "failed": PaymentIntent.objects.filter(status="failed").count(),
        "repeated_same": f"{told['repeated_same']} of {told['repeated']}",
    }
    report["goals"] = {
        "none lost": not report["lost"] and settled,
        "none doubled": not report["doubled"] and len(ours) == Payment.objects.count(),
        "none invented": not report["invented"],
        "the same money on both sides": float(sum(ours.values())) == theirs_sum,
        "debits are credits": sums["debit"] == sums["credit"],
        "the same key gets the first answer": told["repeated_same"] == told["repeated"],
        "killed in the middle": kills > 2 and told["asked_again"] > 0,
    }
    return report


def text(report: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in report.items() if name != "goals"]
    lines += [f"{'ok  ' if met else 'MISS'} {goal}" for goal, met in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
