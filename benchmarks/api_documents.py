"""
How complete the Swagger 2.0 and the OpenAPI 3.1 document of this API are.

Counts, for each document, the operations that have a summary, a description that says more, one
known tag, a text for every parameter, an example of every request and answer that fits its schema
and holds no placeholder, and every refusal that the operation's address, body and headers can lead
to, with an example of the right status and type; and the fields that hold money, moments or
geometry and are typed so. Lists what falls short. Ends with 1 unless everything is complete and
both documents describe the same operations. Needs no database.
"""

import argparse
import json
import sys
import time
from typing import Any

ADDRESSES = ("/swagger.json", "/api/openapi.json")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.api_documents",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--list", type=int, default=5, metavar="N", help="name so many of each (5)")
    return parser.parse_args()


def figures() -> list[dict[str, Any]]:
    """Both documents, measured; the environment of Django must be ready."""
    from django.test import Client  # noqa: PLC0415 - needs Django

    from benchmarks.api_measures import measure  # noqa: PLC0415 - slow to import
    from tests.architecture.routes import public_addresses  # noqa: PLC0415 - needs Django

    public = public_addresses()
    found = []
    for address in ADDRESSES:
        begun = time.process_time()
        answer = Client().get(address, headers={"host": "localhost"})
        made_s = time.process_time() - begun
        measured = measure(json.loads(answer.content), public)
        found.append({**measured, "bytes": len(answer.content), "made_s": round(made_s, 2)})
    return found


def is_complete(found: dict[str, Any]) -> bool:
    return not found["short"] and not found["untyped_fields"] and found["operations"] > 0


def text_of(found: dict[str, Any], listed: int) -> str:
    total = found["operations"]
    lines = [
        f"{found['kind']}: {total} operations, {found['with_body']} with a body,"
        f" {found['bytes'] / 1e6:.1f} MB, made in {found['made_s']} s"
    ]
    for name, count in found["complete"].items():
        lines.append(f"  {name:18} {count:5} of {total}  {100 * count / total:.1f} %")
    typed = found["typed_fields"] - len(found["untyped_fields"])
    lines.append(f"  {'typed_fields':18} {typed:5} of {found['typed_fields']}")
    for name, rows in (*found["short"].items(), ("typed_fields", found["untyped_fields"])):
        lines.extend(f"  short of {name}: {row}" for row in rows[:listed])
        if len(rows) > listed:
            lines.append(f"  ... and {len(rows) - listed} more")
    return "\n".join(lines)


def main() -> int:
    options = arguments()
    import django  # noqa: PLC0415 - after the arguments, which need none of it

    django.setup()
    found = figures()
    is_same = len({each["operations"] for each in found}) == 1
    if options.json:
        print(json.dumps(found))
    else:
        print("\n".join(text_of(each, options.list) for each in found))
    return 0 if is_same and all(map(is_complete, found)) else 1


if __name__ == "__main__":
    sys.exit(main())
