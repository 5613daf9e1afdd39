"""How long work tells whoever waits for it how far it is; the console shows it so."""

from collections.abc import Callable

# What is counted, how much of it is done, and of how much, where that is known.
Tell = Callable[[str, int, int | None], None]


def tell_nobody(what: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""
