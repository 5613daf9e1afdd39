"""
A sum that is billed bit by bit: each bit of it on a bill, from one amount up to another.

Each bit is named by its ends, so that nothing is billed twice and nothing is forgotten, whatever
became known late: a bill that is taken back frees its bit, and the bits always come to the sum.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation

Bit = tuple[Decimal, Decimal]
_PREFIX = "part:"
NOTHING = Decimal(0)


def name_of(bit: Bit) -> str:
    """The name of a bit among the pieces of work of a bill."""
    return f"{_PREFIX}{bit[0]:.2f}-{bit[1]:.2f}"


def bits_of(names: Iterable[str]) -> list[Bit]:
    """The bits among pieces of work, in their order."""
    found = []
    for name in names:
        first, dash, last = name.removeprefix(_PREFIX).partition("-")
        if name.startswith(_PREFIX) and dash:
            try:
                found.append((Decimal(first), Decimal(last)))
            except InvalidOperation:
                continue
    return sorted(found)


def open_bits(taken: Iterable[Bit], *, upto: Decimal) -> Iterator[Bit]:
    """What of a sum, up to an amount, no bit covers."""
    at = NOTHING
    for first, last in sorted(taken):
        if first > at and at < upto:
            yield at, min(first, upto)
        at = max(at, last)
    if at < upto:
        yield at, upto


def steps(
    amounts: Iterable[tuple[str, Decimal]], taken: Iterable[Bit]
) -> Iterator[tuple[str, Bit]]:
    """
    The bits to be billed: for each label, in order, what its amount brings beyond all before it.

    `amounts` are sums so far. A later one that is smaller brings nothing: what was billed stays.
    """
    known = list(taken)
    for label, upto in amounts:
        for bit in list(open_bits(known, upto=upto)):
            known.append(bit)
            yield label, bit
