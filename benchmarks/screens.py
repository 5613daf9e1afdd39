"""
The pictures of docs/screens: the admin's screens in headless Chromium, over the demo's data.

Makes a database of its own, loads both demos and a season of flying into it, walks the demo trip up
to its release and takes each screen below in the light, some in the dark, too. Prints the size of
each picture, every request to another host, breach of the content policy, console error and failed
request. Exit 0 when there is none of these and no picture is larger than 250 kB; 2 without a
Chromium.

Needs the environment that script/manage sets, playwright (requirements/dev.txt), a Chromium, and
an owner role that may create a database. Example: script/screenshots.
"""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import place

place.DATABASE = "windsock_screens"
PICTURES = place.ROOT / "docs" / "screens"
MOST_BYTES, COLORS = 250_000, 256
SIZE = {"width": 1280, "height": 800}
SETTLED_MS = 900
LIGHT, DARK = "light", "dark"


@dataclass(frozen=True)
class Screen:
    """One picture: its file, the page, how it looks, and what must be there before it is taken."""

    name: str
    path: str
    theme: str = LIGHT
    ready: str = "main, #main, #content"


SCREENS = (
    Screen("start", "/admin/"),
    Screen("board", "/admin/dispatch/board/", ready="body[data-ready='1']"),
    Screen("board-dark", "/admin/dispatch/board/", DARK, ready="body[data-ready='1']"),
    Screen("operations", "/admin/flight_operations/flightoperation/"),
    Screen("trips", "/admin/operations/trip/"),
    Screen("trip", "/admin/operations/trip/{trip}/change/"),
    Screen("operation", "/admin/flight_operations/flightoperation/{operation}/change/"),
    Screen("proposal", "{proposal}"),
    Screen("proposal-dark", "{proposal}", DARK),
    Screen("aircraft", "/admin/aircraft/aircraft/{tail}/change/"),
    Screen("drone", "/admin/rpas/rpasaircraft/{rpas}/change/"),
    Screen("client", "/admin/client_management/clientorganization/{client}/change/"),
    Screen("compliance", "/admin/compliance/"),
    Screen("compliance-records", "/admin/compliance/records/"),
    Screen("compliance-rule", "/admin/compliance/rules/{rule}/"),
    Screen("maintenance", "/admin/maintenance/"),
    Screen("maintenance-list-dark", "/admin/maintenance/?view=list", DARK),
    Screen("technical-log", "/admin/technical-log/{drone}/"),
    Screen("hours-flown", "/admin/reports/hours/"),
    Screen("on-time", "/admin/reports/on-time/"),
    Screen("revenue", "/admin/finance/invoice/reports/"),
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/screenshots",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--to", type=Path, default=PICTURES, help="folder of the pictures")
    parser.add_argument("--only", default="", help="only screens whose name begins like this")
    parser.add_argument("--width", type=int, default=SIZE["width"], help="of the window")
    parser.add_argument("--chromium", default="", help="the browser; else the one on the path")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    browser = options.chromium or shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        print("No picture was made: there is no Chromium here (--chromium).", file=sys.stderr)
        return 2
    place.use_benchmark_database(fresh=False)
    # Files are served from where they are, so that none have to be gathered and pressed.
    os.environ["DEBUG"] = "1"
    os.environ["MEDIA_ROOT"] = str(place.ROOT / ".local" / "screens_media")
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        faults = take(options, browser)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


def take(options: argparse.Namespace, browser: str) -> list[str]:
    """Make the pictures; what went wrong meanwhile."""
    from benchmarks.browser_hands import Findings, chromium, watch  # noqa: PLC0415 - needs Django
    from benchmarks.screens_world import make_world  # noqa: PLC0415

    world = make_world(print)
    wanted = [each for each in SCREENS if each.name.startswith(options.only)]
    options.to.mkdir(parents=True, exist_ok=True)
    found = Findings()
    faults = []
    with place.server("config.settings") as (port, _), chromium(browser) as context:
        base = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": "sessionid", "value": world.session, "url": base}])
        page = context.new_page()
        page.set_viewport_size(SIZE | {"width": options.width})
        watch(page, base, found)
        for screen in wanted:
            target = options.to / f"{screen.name}.png"
            size = picture(page, base + screen.path.format(**world.names), screen, target)
            print(f"  {screen.name}: {size / 1000:.0f} kB")
            if size > MOST_BYTES:
                faults.append(f"too large: {screen.name}, {size} bytes")
    return [*faults, *found.faults]


def picture(page: Any, address: str, screen: Screen, target: Path) -> int:
    """Take one screen; the bytes of its picture."""
    from PIL import Image  # noqa: PLC0415 - comes with the browser's tools

    page.emulate_media(color_scheme=screen.theme)
    page.goto(address, timeout=120_000)
    page.wait_for_selector(screen.ready, timeout=60_000)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=target)
    shot = Image.open(target).convert("RGB")
    shot.save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        # Fewer colors only where it must be: amber and red are not to become one.
        shot.quantize(COLORS, Image.Quantize.MAXCOVERAGE).save(target, optimize=True)
    return target.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
