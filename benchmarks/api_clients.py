"""
The demo flight through clients that are generated from this API's OpenAPI 3.1 document.

Reads /api/openapi.json of a running server with the demo loaded, generates a TypeScript client
(openapi-typescript, openapi-fetch, checked by tsc in strict mode) and a Python client
(openapi-python-client) in a temporary folder, and flies the demo through each: planned, refused
with reasons, put right, released, flown with telemetry, landed, in the technical log. What is
generated is not kept. Needs node, npm, and the package registries that npm and pip are set up for;
the demo password in WINDSOCK_DEMO_PASSWORD. Ends with 1 unless both flights held.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent / "clients"
LONGEST_S = 900
KINDS = ("typescript", "python")
RISKS = ("normal", "night")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.api_clients",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base-url", required=True, help="such as http://127.0.0.1:8000")
    parser.add_argument("--only", choices=KINDS, help="one of the two clients")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args()


def scene(base_url: str, password: str) -> dict[str, Any]:
    """Who flies what and where, as both clients need it."""
    from django.utils import timezone  # noqa: PLC0415 - needs Django

    from flight_operations.demo import cast, load, site  # noqa: PLC0415 - needs Django
    from flight_operations.demo.walk import UNFINISHED  # noqa: PLC0415 - needs Django
    from users.demo_people import second_factor_key  # noqa: PLC0415 - needs Django

    people = {
        person.key: {
            "email": person.email,
            "key": second_factor_key(person, password).hex().upper(),
        }
        for person in (cast.CHIEF, cast.PILOT, cast.DISPATCHER)
    }
    now = timezone.now()
    station = {"operator": load.OPERATOR, "aircraft": load.GOOD_AIRCRAFT, "name": "Generated"}
    day = now.replace(minute=0, second=0, microsecond=0)
    return {
        "url": base_url,
        "password": password,
        "people": people,
        "title": "Generated client survey (demo)",
        "unfinished": UNFINISHED,
        "station": site.STATION,
        "reports": [
            f"METAR {site.STATION} DDHHMMZ 27006KT 9999 FEW045 18/07 Q1017",
            f"TAF {site.STATION} DDHHMMZ {day:%d%H}/{day + timedelta(hours=24):%d%H} 27006KT 9999"
            " FEW045",
        ],
        "inspection": {
            "aircraft": load.GOOD_AIRCRAFT,
            "is_satisfactory": True,
            "findings": "",
            "defects_checked": [],
        },
        "ground_station": station,
        "alerts": ["height", "keep_in"],
        "log": {"is_as_released": False, "changes": "Climbed above 120 m and left the fence."},
        **_plans(now),
    }


def _plans(now: datetime) -> dict[str, Any]:
    """The plan that is refused, where it is moved to, its risks and its track."""
    from flight_operations.demo import cast, load, site  # noqa: PLC0415 - needs Django
    from flight_operations.demo.track import RATE_HZ, track  # noqa: PLC0415 - needs Django

    plan = {
        "operator": load.OPERATOR,
        "aircraft": load.GOOD_AIRCRAFT,
        "pilot_in_command": cast.PILOT.email,
        "title": "Generated client survey (demo)",
        "purpose": "Photograph a fence line for its owner.",
        "category": "reoc",
        "planned_start_at": (now + timedelta(minutes=3)).isoformat(),
        "planned_end_at": (now + timedelta(minutes=33)).isoformat(),
        **site.place_of_plan(*site.TOO_CLOSE),
    }
    plan["plan"] |= site.conditions_of_plan()
    hazard = {
        "hazard": "Loss of control link",
        "cause": "Interference",
        "consequence": "Aircraft lands outside the area",
        "likelihood": "D",
        "severity": 3,
        "controls": "Fail-safe set to return home",
        "residual_likelihood": "E",
        "residual_severity": 3,
    }
    common = {"operator": load.OPERATOR, "context": "Open farm land.", "items": [hazard]}
    lat, lon = site.ALLOWED
    points = list(track(lat=lat, lon=lon, ground_m=site.GROUND_M, start=now))
    for index, each in enumerate(points):
        del each["recorded_at"]
        each["second"] = index / RATE_HZ
    return {
        "plan": plan,
        "moved": site.place_of_plan(lat, lon),
        "risks": [{**common, "kind": kind, "title": f"Survey, {kind}"} for kind in RISKS],
        "track": points,
    }


def make_typescript(folder: Path, document: Path) -> list[str]:
    """Generate types, check the flight against them in strict mode; how to fly it."""
    for each in (SCRIPTS / "typescript").iterdir():
        shutil.copy(each, folder)
    run(["npm", "install", "--no-audit", "--no-fund", "--silent"], folder)
    run(
        [
            "npx",
            "openapi-typescript",
            str(document),
            "-o",
            "api.ts",
            "--default-non-nullable",
            "false",
        ],
        folder,
    )
    run(["npx", "tsc", "--project", "."], folder)
    return ["node", "out/demo_flight.js"]


def make_python(folder: Path, document: Path) -> list[str]:
    """Generate a package in an environment of its own; how to fly with it."""
    for each in (SCRIPTS / "python").iterdir():
        if each.is_file():
            shutil.copy(each, folder)
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / "bin"
    run([str(binaries / "pip"), "install", "-q", "-r", "requirements.txt"], folder)
    generator = [str(binaries / "openapi-python-client"), "generate", "--meta", "none"]
    where = ["--path", str(document), "--output-path", "windsock_client"]
    # It formats what it made with the ruff beside it.
    run([*generator, *where], folder, path=str(binaries))
    return [str(binaries / "python"), "demo_flight.py"]


def run(command: list[str], folder: Path, path: str = "") -> str:
    """Run a tool in a folder; its output. Raises CalledProcessError."""
    environment = {**os.environ, "PATH": f"{path}{os.pathsep if path else ''}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(  # noqa: S603 - our own words, no shell
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode:
        text = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        raise subprocess.CalledProcessError(done.returncode, command[:2], text)
    return done.stdout


def fly(kind: str, place: Path, document: Path, staged: dict[str, Any]) -> dict[str, Any]:
    """Generate one client and fly with it."""
    folder = place / kind
    folder.mkdir()
    begun = time.monotonic()
    make = {"typescript": make_typescript, "python": make_python}[kind]
    try:
        command = make(folder, document)
        made_s = round(time.monotonic() - begun, 1)
        (folder / "scene.json").write_text(json.dumps(staged))
        found = json.loads(run([*command, "scene.json"], folder).splitlines()[-1])
    except (subprocess.SubprocessError, OSError) as fault:
        told = getattr(fault, "output", "") or ""
        return {"client": kind, "ok": False, "fault": f"{fault}\n{told}"}
    flown_s = round(time.monotonic() - begun - made_s, 1)
    return {"client": kind, "made_s": made_s, "flown_s": flown_s, **found}


def main() -> int:
    options = arguments()
    base_url = options.base_url.rstrip("/")
    password = os.environ.get("WINDSOCK_DEMO_PASSWORD", "")
    if not password:
        sys.stderr.write("WINDSOCK_DEMO_PASSWORD is not set.\n")
        return 1
    import django  # noqa: PLC0415 - after the arguments, which need none of it

    django.setup()
    results = []
    with tempfile.TemporaryDirectory(prefix="windsock-clients-") as name:
        place = Path(name)
        document = place / "openapi.json"
        with urllib.request.urlopen(f"{base_url}/api/openapi.json", timeout=LONGEST_S) as answer:  # noqa: S310 - the address of the caller's own server
            document.write_bytes(answer.read())
        for kind in [options.only] if options.only else KINDS:
            found = fly(kind, place, document, scene(base_url, password))
            results.append(found)
            if not options.json:
                print(f"{kind}: {'held' if found['ok'] else 'FAILED'} {json.dumps(found)}")
    if options.json:
        print(json.dumps(results))
    return 0 if all(found["ok"] for found in results) else 1


if __name__ == "__main__":
    sys.exit(main())
