"""
The dispatch board in headless Chromium: how soon it can be used, what it weighs, how it looks.

200 crewed legs and 60 drone operations of one day, 20 of them in the air. Opens the page signed in,
prints the time until it can be used, the bytes it took, requests to other hosts, breaches of the
content policy and console errors; sends five positions a second of each aircraft and counts the
pictures drawn meanwhile; makes pictures of the page, light and dark, wide and narrow. With --watch
it then stays open for so many minutes: how late each position is drawn after its station's clock,
and what the page holds once rubbish is collected. Exit 0 when nothing is wrong.

Needs the environment that script/manage sets, Redis, playwright (requirements/dev.txt), a Chromium,
and an owner role that may create a database.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import place

place.DATABASE = "windsock_benchmark_board_page"
GOAL_READY_MS, GOAL_KILOBYTES = 2500, 600
SEND_S = 8
WARM_UPS = 12
LOOKS = {
    "light-1280": (1280, 800, "light"),
    "dark-1280": (1280, 800, "dark"),
    "light-1920": (1920, 1080, "light"),
    "dark-1920": (1920, 1080, "dark"),
    "tablet-1024": (1024, 768, "light"),
    "tablet-820": (820, 1180, "dark"),
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.board_page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--to", type=Path, default=Path("/tmp/board"), help="folder of pictures")  # noqa: S108 - pictures only
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--legs", type=int, default=200)
    parser.add_argument("--operations", type=int, default=60)
    parser.add_argument("--aircraft", type=int, default=20, help="in the air, sending positions")
    parser.add_argument("--rate", type=float, default=5.0, help="positions a second of each")
    parser.add_argument("--watch", type=int, default=0, help="minutes it is watched at the end")
    parser.add_argument("--chromium", default="", help="the browser; else the one on the path")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--keep", action="store_true", help="leave the database for the next run")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    browser = options.chromium or shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        print("This needs a Chromium (--chromium).", file=sys.stderr)
        return 2
    place.use_benchmark_database(fresh=options.fresh)
    os.environ["STATIC_ROOT"] = str(place.ROOT / ".local" / "board_static")
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, check=True, cwd=place.ROOT)  # noqa: S603
    try:
        report = measure(options, browser)
    finally:
        if not options.keep:
            place.drop_benchmark_database()
    print(json.dumps(report, indent=2) if options.json else text(report))
    return 0 if all(report["goals"].values()) else 1


def measure(options: argparse.Namespace, browser: str) -> dict[str, Any]:
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from benchmarks import board_watch  # noqa: PLC0415
    from benchmarks.board_scene import make_scene  # noqa: PLC0415
    from benchmarks.browser_hands import chromium  # noqa: PLC0415

    world, circlers = make_scene(
        at=timezone.now(), legs=options.legs, operations=options.operations,
        flights=options.aircraft,
    )  # fmt: skip
    options.to.mkdir(parents=True, exist_ok=True)
    session = session_of(world)
    with place.server("config.settings") as (port, _), chromium(browser) as context:
        base = f"http://127.0.0.1:{port}"
        context.add_cookies([{"name": "sessionid", "value": session, "url": base}])
        warm_up(port, session, world)
        page = context.new_page()
        report = {"rows": world.counts, **opened(page, base)}
        with flying(port, circlers, options.rate):
            report |= drawn(page)
            pictures(page, options.to)
            if options.watch:
                report["watch"] = board_watch.watched(page, options.watch)
        report["pictures"] = sorted(each.name for each in options.to.glob("*.png"))
        report["after"] = faults_of(page)
        report["line"] = lost_and_found(page, context)
    report["goals"] = goals(report)
    if options.watch:
        report["goals"] |= board_watch.goals(report["watch"])
    return report


def warm_up(port: int, session: str, world: Any) -> None:
    """The first answers of a fresh process say little of the others: each connection meets one."""
    for _ in range(WARM_UPS):
        for path in ("/admin/dispatch/board/", overview_of(world), areas_of(world)):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            line.request("GET", path, headers={"Cookie": f"sessionid={session}"})
            line.getresponse().read()
            line.close()


def overview_of(world: Any) -> str:
    return f"/api/dispatcher/overview/?center={world.center.code}"


def areas_of(world: Any) -> str:
    return f"/api/dispatcher/areas/?center={world.center.code}"


def lost_and_found(page: Any, context: Any) -> str:
    """What the page says after its line was cut for some seconds."""
    context.set_offline(True)
    page.wait_for_selector("body[data-link='lost']", timeout=60_000)
    lost = page.locator("#link-note").inner_text()
    page.wait_for_timeout(3000)
    context.set_offline(False)
    page.wait_for_selector("body[data-link='live']", timeout=60_000)
    return f"{lost} {page.locator('#link-note').inner_text()}"


def session_of(world: Any) -> str:
    """The key of a browser session with a second factor given."""
    from django.test import Client  # noqa: PLC0415 - needs Django

    from tests.browser import enter  # noqa: PLC0415

    client = Client(headers={"Host": "127.0.0.1"})
    enter(client, world.dispatcher)
    return client.cookies["sessionid"].value


def opened(page: Any, base: str) -> dict[str, Any]:
    """Open the page and wait until it can be used; the network is watched from the beginning."""
    seen: dict[str, Any] = {"elsewhere": [], "console": [], "policy": [], "failed": [], "bytes": {}}
    page.seen = seen
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    names: dict[str, str] = {}
    network.on(
        "Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]})
    )
    network.on("Network.loadingFinished", lambda e: weigh(seen, names, base, e))
    page.on(
        "request",
        lambda r: r.url.startswith((base, "data:", "blob:")) or seen["elsewhere"].append(r.url),
    )
    page.on("response", lambda r: answered(seen, r))
    page.on("console", lambda m: heard(seen, m))
    page.on("pageerror", lambda fault: seen["console"].append(str(fault)))
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{base}/admin/dispatch/board/", wait_until="commit")
    # Nothing here may be evaluated in the page: its policy forbids that.
    page.wait_for_selector("body[data-ready='1'] .bar")
    ready = page.evaluate("performance.now()")
    page.wait_for_selector("body[data-link='live']")
    page.wait_for_timeout(2500)
    heaviest = sorted(seen["bytes"].items(), key=lambda each: -each[1])[:8]
    return {
        "ready_ms": round(ready),
        "of_which_the_server_ms": page.evaluate(_SERVER),
        "load": os.getloadavg()[0],
        "bars": page.locator(".bar").count(),
        "kilobytes": round(sum(seen["bytes"].values()) / 1000, 1),
        "requests": len(seen["bytes"]),
        "heaviest": dict(heaviest),
    }


def weigh(seen: dict[str, Any], names: dict[str, str], base: str, event: dict[str, Any]) -> None:
    path = names.get(event["requestId"], "").removeprefix(base).partition("?")[0]
    seen["bytes"][path] = seen["bytes"].get(path, 0) + event["encodedDataLength"]


def answered(seen: dict[str, Any], response: Any) -> None:
    # To look at a move and be told why it cannot be is an answer.
    is_refusal = response.status == 409 and response.url.endswith("/assignments/check/")
    if response.status >= 400 and not is_refusal:
        seen["failed"].append(f"{response.status} {response.url}")


def heard(seen: dict[str, Any], message: Any) -> None:
    # The browser's own word for an answer; `answered` has those that count.
    is_answer = "the server responded with a status of" in message.text
    if message.type in ("error", "warning") and not is_answer:
        kind = "policy" if "Content Security Policy" in message.text else "console"
        seen[kind].append(message.text)


def drawn(page: Any) -> dict[str, Any]:
    """Positions heard and pictures drawn over some seconds, and how long the longest task took."""
    page.evaluate(_COUNT)
    page.wait_for_timeout(SEND_S * 1000)
    found: dict[str, Any] = page.evaluate("window.counted")
    return {"while_flying": {key: round(value / SEND_S, 1) for key, value in found.items()}}


_SERVER = """
() => {
  const told = (each) => Math.round(each.responseEnd - each.requestStart);
  const asked = performance.getEntriesByType("resource");
  const overview = asked.find((each) => each.name.includes("/overview/"));
  return { page: told(performance.getEntriesByType("navigation")[0]), overview: told(overview) };
}
"""
_COUNT = """
() => {
  window.counted = { frames: 0, clears: 0, busy_ms: 0 };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...given) {
    if (this.canvas.classList.contains("movers")) window.counted.clears++;
    return clear.apply(this, given);
  };
  const frame = () => { window.counted.frames++; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) window.counted.busy_ms += each.duration;
  }).observe({ entryTypes: ["longtask"] });
}
"""


class flying:  # noqa: N801 - used as a context
    """Positions are sent by a process of their own as long as this lasts."""

    def __init__(self, port: int, circlers: list[Any], rate: float) -> None:
        from benchmarks.board_scene import fly  # noqa: PLC0415

        self.stop = multiprocessing.Event()
        self.process = multiprocessing.Process(
            target=fly, args=(port, circlers, rate, self.stop, 0)
        )

    def __enter__(self) -> None:
        self.process.start()

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.process.join(timeout=20)


def pictures(page: Any, folder: Path) -> None:
    """The page in every look, then its help and the drawer of a bar that was moved."""
    for name, (width, height, theme) in LOOKS.items():
        shown(page, width, height, theme)
        page.screenshot(path=folder / f"{name}.png")
    for theme in ("light", "dark"):
        shown(page, 1280, 800, theme)
        page.keyboard.press("?")
        page.screenshot(path=folder / f"help-{theme}.png")
        page.keyboard.press("Escape")
        page.locator(".bar.movable").first.focus()
        for _ in range(6):
            page.keyboard.press("Shift+ArrowRight")
        page.wait_for_selector("#answer .verdict", timeout=20_000)
        page.screenshot(path=folder / f"move-{theme}.png")
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)


def shown(page: Any, width: int, height: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme)
    page.wait_for_timeout(900)
    page.evaluate("document.getElementById('toasts').replaceChildren()")


def faults_of(page: Any) -> dict[str, Any]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    kinds = ("elsewhere", "policy", "console", "failed")
    return {name: list(page.seen[name]) for name in kinds} | {"wider_than_window_px": wide}


def goals(report: dict[str, Any]) -> dict[str, bool]:
    after = report["after"]
    return {
        f"ready within {GOAL_READY_MS} ms": report["ready_ms"] <= GOAL_READY_MS,
        f"at most {GOAL_KILOBYTES} kB": report["kilobytes"] <= GOAL_KILOBYTES,
        "nothing from elsewhere": not after["elsewhere"],
        "no breach of the policy": not after["policy"],
        "no errors": not after["console"] and not after["failed"],
        "not wider than its window": after["wider_than_window_px"] <= 0,
    }


def text(report: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in report.items() if name != "goals"]
    lines += [f"{'ok  ' if is_met else 'FAIL'} {name}" for name, is_met in report["goals"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
