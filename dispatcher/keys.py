"""What aircraft and pilots are called in a plan, where all keys must differ. Pure."""


def aircraft_key(pk: int) -> str:
    return f"a{pk}"


def pilot_key(pk: int) -> str:
    return f"p{pk}"


def pk_of(key: str) -> int:
    """The record that a key of either kind stands for."""
    return int(key[1:])
