"""The doctor's examination of the F2 technical log."""

from collections.abc import Iterator

from common.diagnosis import Trouble, examination
from rpas.queries.technical_log import verify_technical_log


@examination("rpas.technical_log", "The technical log is whole", reads_all=True)
def technical_log_is_whole() -> Iterator[Trouble]:
    """Read every aircraft's log against its chain and its sums."""
    for fault in verify_technical_log().faults:
        yield Trouble(
            f"{fault.registration}: {fault}",
            f"Ground {fault.registration}, and compare with the last backup: script/manage"
            f" verify_technical_log {fault.registration}",
        )
