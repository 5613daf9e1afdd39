"""
The portal's pages in headless Chromium, on a phone and on a desk, while a demo job is walked.

Walks the demo's drone job against a running server (script/server) as check_demo_job does, with a
real browser in the client's hands. Makes a picture of each page at 390 and 1280 px in docs/portal,
asks axe-core of each, and counts breaches of the content policy, requests to other hosts, console
errors, failed requests and pages wider than their window. Exit 0 when there is none of these.

Needs the environment that script/manage sets, playwright (requirements/dev.txt), a Chromium, and
axe-core, which npm fetches: the pinned version, held against its hash, kept out of the product.
Example: script/portal-check, while script/server runs.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import place
from benchmarks.axe import AXE, axe_text, told

PICTURES = place.ROOT / "docs" / "portal"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.portal_pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", required=True, help="such as http://127.0.0.1:8000")
    parser.add_argument("--to", type=Path, default=PICTURES, help="folder of the pictures")
    parser.add_argument("--axe", type=Path, help=f"axe.min.js {AXE}, where npm cannot fetch it")
    parser.add_argument("--chromium", default="", help="the browser; else the one on the path")
    parser.add_argument("--slack", type=float, default=1.0, help="as of check_demo_job")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    password = os.environ.get("WINDSOCK_DEMO_PASSWORD", "")
    browser = options.chromium or shutil.which("chromium") or shutil.which("chromium-browser")
    if not password or not browser:
        missing = "a Chromium (--chromium)" if password else "WINDSOCK_DEMO_PASSWORD"
        return _give_up(f"This needs {missing}.")
    try:
        axe = axe_text(options.axe)
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        return _give_up(f"Nothing was checked. {told(fault)}")
    import django  # noqa: PLC0415 - after the environment is read

    django.setup()
    return walk(options, password, browser, axe)


def walk(options: argparse.Namespace, password: str, browser: str, axe: str) -> int:
    """Walk the job and say what was found; the exit code."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from benchmarks.browser_hands import BrowserHands, chromium  # noqa: PLC0415
    from client_management.demo.scene import JobWalk  # noqa: PLC0415
    from client_management.demo.walk import run  # noqa: PLC0415
    from common.demo_client import CheckFailed  # noqa: PLC0415
    from flight_operations.demo.scene import Walk  # noqa: PLC0415
    from users.demo_commands import check_audit  # noqa: PLC0415

    began = time.monotonic()
    options.to.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"  {time.monotonic() - began:6.1f} s  {text}", flush=True)

    base_url = options.base_url.rstrip("/")
    try:
        with chromium(browser) as context:
            hands = BrowserHands(context.new_page(), base_url, axe, options.to)
            flight = Walk(base_url, password, say, timezone.now, slack=options.slack)
            run(JobWalk(flight, hands))
        # Not within: the browser's driver keeps Django from its database.
        check_audit(say)
    except CheckFailed as fault:
        return _give_up(f"The walk broke off: {fault}")
    found = hands.findings
    for fault in [*found.faults, *(f"lesser: {each}" for each in found.lesser)]:
        print(f"  {fault}")
    print(
        f"{found.pages} pages, {len(found.pictures)} pictures in {options.to}:"
        f" {len(found.serious)} serious and {len(found.lesser)} lesser findings of axe-core {AXE},"
        f" {len(found.too_wide)} too wide, {len(found.policy)} breaches of the content policy,"
        f" {len(found.elsewhere)} requests to other hosts, {len(found.console)} console errors,"
        f" {len(found.failed)} failed requests"
    )
    return 1 if found.faults else 0


def _give_up(why: str) -> int:
    print(why, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
