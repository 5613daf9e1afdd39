"""
Random walks through the books, each deed of which leaves them whole.

Each walk bills, pays, refunds, disputes, credits and writes off at random in a database of its own
and is undone. After every walk debits are credits, every figure is its rows' sum and every status
its figures' word. `--control` leaves the statuses where they were: then the check must speak.
"""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import django

from benchmarks.place import drop_benchmark_database, use_benchmark_database

WALKS, DEEDS = 200, 60


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--walks", type=int, default=WALKS)
    parser.add_argument("--deeds", type=int, default=DEEDS, help="of each walk")
    parser.add_argument("--control", action="store_true", help="with the statuses left behind")
    return parser.parse_args()


# Asked for help, it makes no database.
OPTIONS = arguments()
use_benchmark_database(fresh=True)
django.setup()

from django.db import connection, transaction  # noqa: E402 - after the settings

from finance.services import allocations  # noqa: E402
from finance.services.accounts import seed_accounts  # noqa: E402
from tests.contacts.factories import ContactFactory  # noqa: E402
from tests.finance.money_walk import Walk  # noqa: E402

AT = datetime(2026, 3, 14, 22, 30, tzinfo=UTC)


def run(walks: int, deeds: int) -> tuple[int, Counter[str]]:
    """Walk; returns how many walks left books that do not hold, and what was done."""
    broken, done = 0, Counter[str]()
    for seed in range(walks):
        chance = random.Random(seed)  # noqa: S311 - the same walks every time
        with transaction.atomic():
            walk = Walk([ContactFactory(), ContactFactory()], at=AT)
            for _ in range(deeds):
                walk.step(tuple(chance.randrange(10_000) for _ in range(4)))
            broken += not _holds(seed, walk)
            done.update(name.split(":")[0] for name in walk.done)
            transaction.set_rollback(True)
    return broken, done


def _holds(seed: int, walk: Walk) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    try:
        walk.check()
    except AssertionError as fault:
        sys.stdout.write(f"walk {seed}: {fault}\n"[:2000])
        return False
    return True


def main() -> int:
    """Walk and print; 1 where books were left that do not hold, or the control found none."""
    if OPTIONS.control:
        allocations.follow_figures = lambda invoice, **_: invoice
    seed_accounts()
    began = time.perf_counter()
    wrong, deeds_done = run(OPTIONS.walks, OPTIONS.deeds)
    took = time.perf_counter() - began
    for name, number in deeds_done.most_common():
        sys.stdout.write(f"{name.strip('_')}: {number}\n")
    total = sum(deeds_done.values())
    sys.stdout.write(f"{OPTIONS.walks} walks, {total} deeds in {took:.0f} s; {wrong} broken\n")
    # Of walks that move money without their statuses some must be found out.
    return int(not wrong if OPTIONS.control else bool(wrong))


if __name__ == "__main__":
    try:
        status = main()
    finally:
        drop_benchmark_database()
    sys.exit(status)
