"""A sum billed bit by bit comes to the sum, whatever was known when."""

import random
from decimal import Decimal
from itertools import pairwise

from client_management.instalments import bits_of, name_of, open_bits, steps


def money(*values):
    return tuple(Decimal(value) for value in values)


def test_bits_are_known_by_their_names_and_other_work_is_passed_over():
    bit = money("10.00", "25.50")

    assert name_of(bit) == "part:10.00-25.50"
    assert bits_of([name_of(bit), "milestone:3", "agreed", "part:x-y", "part:5"]) == [bit]


def test_what_is_open_lies_between_what_is_taken():
    taken = [money(10, 20), money(15, 30), money(40, 50)]

    assert list(open_bits(taken, upto=Decimal(45))) == [money(0, 10), money(30, 40)]
    assert list(open_bits(taken, upto=Decimal(60))) == [money(0, 10), money(30, 40), money(50, 60)]
    assert list(open_bits([money(0, 60)], upto=Decimal(50))) == []


def test_a_sum_so_far_that_shrinks_takes_nothing_back_and_one_that_grows_late_is_made_up():
    billed = [money(0, 50)]

    assert list(steps([("a", Decimal(40)), ("b", Decimal(90))], billed)) == [("b", money(50, 90))]


def test_random_bills_taken_back_and_drawn_up_again_come_to_the_sum():
    dice = random.Random(3)  # noqa: S311 - reproducible, not secret
    for _ in range(200):
        agreed = Decimal(dice.randrange(1, 1_000_000)) / 100
        billed = []
        for _ in range(dice.randrange(1, 8)):
            flown = (agreed * dice.randrange(0, 101) / 100).quantize(Decimal("0.01"))
            billed += [bit for _, bit in steps([("x", flown)], billed)]
            if billed and dice.random() < 0.3:
                billed.remove(dice.choice(billed))
        billed += [bit for _, bit in steps([("rest", agreed)], billed)]
        ends = sorted(billed)
        assert sum(last - first for first, last in ends) == agreed
        assert all(a[1] <= b[0] for a, b in pairwise(ends))
