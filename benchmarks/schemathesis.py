"""
Schemathesis over both documents of this API, Swagger 2.0 and OpenAPI 3.1.

Makes a database of its own with one record of every kind, signs in as a superuser who holds every
role, and asks every documented operation with values that fit the document and with values that do
not. Each case is undone, so that every operation meets the same rows. Checked of every answer: no
server error, a documented status, a documented content type, a body as documented. The live stream
never ends and is left out. With `--peers` two clients are made instead, and the first one's owner
asks every operation of the portal at both clients' addresses: no answer may hold anything of the
other one. Ends with 1 when anything was found.

Needs the environment that script/manage sets, and a role that may create a database.
"""

import argparse
import os
import sys
import time

from benchmarks import place

place.DATABASE = "windsock_benchmark_schemathesis"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.schemathesis",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--examples", type=int, default=100, help="cases an operation (100)")
    parser.add_argument("--only", default="", metavar="TEXT", help="paths that contain this")
    parser.add_argument(
        "--document", choices=("swagger", "openapi"), help="one of the two documents (both)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another choice of hostile values")
    parser.add_argument("--peers", action="store_true", help="the portal, by one of two clients")
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    place.use_benchmark_database(fresh=options.fresh)
    # The report tells what was answered; a log line for each refusal would bury it.
    os.environ["LOG_LEVEL"] = "CRITICAL"
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    from django.test import override_settings  # noqa: PLC0415 - needs Django

    from benchmarks.fuzzing import fuzz, fuzz_portal  # noqa: PLC0415 - needs Django
    from tests.architecture.permission_world import full_world  # noqa: PLC0415 - needs Django
    from tests.client_management.portal.people import two_clients  # noqa: PLC0415 - needs Django

    begun = time.monotonic()
    locmem = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    # Neither the cache nor the tasks of a server that may be running.
    how = {"examples": options.examples, "seed": options.seed}
    documents = [options.document] if options.document else ["swagger", "openapi"]
    with override_settings(CACHES=locmem, REDIS_URL="", ALLOWED_HOSTS=["*"]):
        if options.peers:
            with two_clients() as peers:
                tallies = [fuzz_portal(peers, **how)]
        else:
            with full_world() as world:
                tallies = [
                    fuzz(world.headers, world.key, only=options.only, document=each, **how)
                    for each in documents
                ]
    print("\n".join(tally.text() for tally in tallies))
    print(f"{time.monotonic() - begun:.0f} s")
    return 0 if all(tally.is_clean and tally.cases for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main())
