"""
axe-core asked about a page: one pinned version, held against its hash, not in the product.

    python -m benchmarks.axe

fetches it, and ends with 1 and the reason where it cannot be had.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks import place

AXE = "4.10.3"
AXE_SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"
KEPT = Path(os.environ.get("WINDSOCK_STATE", place.ROOT / ".local")) / f"axe-{AXE}.min.js"
NPM_TIMEOUT_S = 180
SERIOUS = ("serious", "critical")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class AxeFailed(Exception):
    """axe could not be run on a page."""


def main() -> int:
    """Fetch what is not kept yet; the exit code."""
    try:
        axe_text()
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        print(told(fault), file=sys.stderr)
        return 1
    return 0


def told(fault: Exception) -> str:
    """Why axe-core is not there, and what to do without a way to npm's registry."""
    said = getattr(fault, "stderr", None) or b""
    why = " ".join([str(fault), *said.decode(errors="replace").split()])[:1000]
    return (
        f"axe-core {AXE} cannot be had: {why}\n"
        f"Put its axe.min.js at {KEPT}, or leave the browser out:"
        " script/server --check --no-browser"
    )


def axe_text(given: Path | None = None) -> str:
    """
    The text of axe-core: the file that is given, the one kept from before, or what npm fetches.

    Raises OSError, ValueError, SubprocessError.
    """
    source = given or (KEPT if KEPT.is_file() else None)
    text = source.read_bytes() if source else _fetched()
    if hashlib.sha256(text).hexdigest() != AXE_SHA256:
        raise ValueError(f"What is there is not axe.min.js of {AXE}.")
    if source is None:
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_bytes(text)
    return text.decode()


def violations(page: Page, axe: str) -> list[dict[str, Any]]:
    """What axe says of a page as it is now. Raises AxeFailed."""
    # In a world of its own, which the page's policy for scripts does not concern.
    session = page.context.new_cdp_session(page)
    try:
        tree = session.send("Page.getFrameTree")["frameTree"]
        world = session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frame"]["id"], "worldName": "axe"}
        )["executionContextId"]
        _evaluated(session, world, axe)
        answer = _evaluated(session, world, _ASK_AXE % json.dumps(RULES))
    finally:
        session.detach()
    found: list[dict[str, Any]] = json.loads(answer)
    return found


def _fetched() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("There is no npm; name a copy of axe.min.js.")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"axe-core@{AXE}", "--silent"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=NPM_TIMEOUT_S)  # noqa: S603
        with tarfile.open(Path(folder) / f"axe-core-{AXE}.tgz") as packed:
            member = packed.extractfile("package/axe.min.js")
            return member.read() if member else b""


def _evaluated(session: Any, world: int, script: str) -> Any:
    answer = session.send(
        "Runtime.evaluate",
        {"contextId": world, "expression": script, "awaitPromise": True, "returnByValue": True},
    )
    if "exceptionDetails" in answer:
        raise AxeFailed(f"axe: {answer['exceptionDetails']}")
    return answer["result"].get("value")


_ASK_AXE = """
axe.run(document, {runOnly: %s, resultTypes: ['violations']}).then((found) => JSON.stringify(
  found.violations.map(({id, help, impact, nodes}) =>
    ({id, help, impact, nodes: nodes.map(({target}) => ({target}))}))))
"""


if __name__ == "__main__":
    sys.exit(main())
