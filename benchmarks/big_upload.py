"""
A large deliverable uploaded over broken lines and a killed server: the same file, in flat memory.

The web processes and a worker of the Procfile run on a database of their own. One client sends a
file made from a seed in parts; the line is cut in the middle of a part `--cuts` times, and once the
whole web server is killed (-9) while a part is on its way. The client asks where the upload stands
and goes on. The worker puts the file together; it is read back over HTTP with one break in the
middle, and its SHA-256 compared. The memory of every process of web and worker is watched from when
it has done as much with a file of a megabyte. Exits with 1 where the hash differs or a process grew
by --limit-mb or more. Needs the environment that script/manage sets with Redis (database 15 of it
is used), a role that may create a database, and three times the file's size on the disk.
"""

import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from benchmarks import place
from benchmarks.processes import Memory, own_broker, worker

place.DATABASE = "windsock_benchmark_upload"
OCTETS = "application/offset+octet-stream"
MB = 1024 * 1024
# A server's first second, in which it only starts.
WARM_S = 2.0
WARM_REQUESTS = 20


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big_upload", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--part", type=int, default=16, help="megabytes in one request")
    parser.add_argument("--cuts", type=int, default=3, help="broken lines, beside the kill")
    parser.add_argument("--limit-mb", type=float, default=64, help="growth of a process, below")
    parser.add_argument("--seed", type=int, default=20_260_315)
    return parser.parse_args()


def main() -> int:
    options = arguments()
    media = tempfile.mkdtemp(prefix="windsock-upload-")
    os.environ["MEDIA_ROOT"] = media
    own_broker()
    place.use_benchmark_database(fresh=True)
    import django  # noqa: PLC0415 - after the environment is set

    django.setup()
    try:
        report = measure(options)
    finally:
        place.drop_benchmark_database()
        shutil.rmtree(media, ignore_errors=True)
    shown = json.dumps(report) if options.json else _text(report)
    sys.stdout.write(f"{shown}\n")
    return 0 if report["is_equal"] and report["grew_by_mb"] < options.limit_mb else 1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Upload, break, kill, put together, read back; the figures of it."""
    from benchmarks.upload_scene import job_and_token, put_together  # noqa: PLC0415 - as above

    size, step = options.megabytes * MB, options.part * MB
    digest = hashlib.sha256()
    for block in blocks(options.seed, size, MB):
        digest.update(block)
    job, token = job_and_token()
    sender = Sender(token, options.seed, size, step, random.Random(options.seed))  # noqa: S311
    sender.trouble = _troubles(options, size)
    with worker() as group:
        _small(job, token, put_together)
        watchers = {"worker": Memory(group)}
        sent_s = _sent(sender, job, digest.hexdigest(), watchers)
        began = time.monotonic()
        number, found = put_together(sender.key)
        together_s = time.monotonic() - began
        watchers["worker"].stop()
    with place.server("config.settings") as (port, process):
        watchers["web, download"] = watched(process, port, sender.headers)
        had = read_back(port, number, sender.headers, size)
        watchers["web, download"].stop()
    return {
        "megabytes": options.megabytes,
        "is_equal": found == had == digest.hexdigest(),
        "cuts": sender.cuts,
        "kills": sender.kills,
        "sent_twice_mb": round(sender.wasted / MB, 1),
        "memory_mb": {name: each.megabytes for name, each in watchers.items()},
        "processes": sum(len(each.first) for each in watchers.values()),
        "grew_by_mb": round(max(each.grew_by_mb for each in watchers.values()), 1),
        "mb_per_s": round(options.megabytes / sent_s, 1),
        "put_together_s": round(together_s, 1),
    }


def _sent(sender: "Sender", job: str, sha256: str, watchers: dict[str, Memory]) -> float:
    """Send it all, on a new server after each that died; the seconds of sending."""
    spent = 0.0
    while not sender.is_done:
        with place.server("config.settings") as (port, process):
            watcher = watchers[f"web {len(watchers)}"] = watched(process, port, sender.headers)
            sender.server = process
            began = time.monotonic()
            sender.go_on(port, job, sha256)
            spent += time.monotonic() - began
            watcher.stop()
    return spent


def _small(job: str, token: str, put_together: Any) -> None:
    """Send a file of a megabyte and have it put together, so that the worker has loaded it all."""
    sender = Sender(token, 1, MB, MB, random.Random(1))  # noqa: S311
    sha256 = hashlib.sha256(b"".join(blocks(1, MB, MB))).hexdigest()
    with place.server("config.settings") as (port, process):
        sender.server = process
        sender.go_on(port, job, sha256)
    put_together(sender.key)


def watched(process: int, port: int, headers: dict[str, str]) -> Memory:
    """Watch a server once each worker has loaded what it loads at its first request."""
    for _ in range(WARM_REQUESTS):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", "/api/me/", headers=headers)
        connection.getresponse().read()
        connection.close()
    watcher = Memory(process)
    time.sleep(WARM_S)
    return watcher


def read_back(port: int, number: str, headers: dict[str, str], size: int) -> str:
    """Download a deliverable, breaking off once in the middle; the SHA-256 of what came."""
    digest, at, whole = hashlib.sha256(), 0, ""
    while at < size:
        more = {"Range": f"bytes={at}-", "If-Range": whole} if at else {}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        address = f"/api/client-management/deliverables/{number}/download/"
        connection.request("GET", address, headers=headers | more)
        answer = connection.getresponse()
        if answer.status != (206 if at else 200):
            raise RuntimeError(f"The download answers {answer.status}.")
        whole = answer.getheader("ETag", "")
        until = size if at else size // 2
        while at < until and (block := answer.read(min(MB, until - at))):
            digest.update(block)
            at += len(block)
        connection.close()
    return digest.hexdigest()


def _troubles(options: argparse.Namespace, size: int) -> dict[int, str]:
    """At which byte the line breaks, and at which the server dies."""
    count = options.cuts + 1
    places = [size * (n + 1) // (count + 1) for n in range(count)]
    names = ["cut"] * options.cuts
    names.insert(count // 2, "kill")
    return dict(zip(places, names, strict=True))


def blocks(seed: int, size: int, step: int, start: int = 0) -> Iterator[bytes]:
    """A file that is never held whole: each megabyte follows from the seed and its place."""
    at = start
    while at < size:
        number, within = divmod(at, MB)
        whole = random.Random(seed * 1_000_003 + number).randbytes(MB)  # noqa: S311
        if number == 0:
            whole = b"II*\x00" + whole[4:]
        piece = whole[within : within + min(step, MB - within, size - at)]
        yield piece
        at += len(piece)


class Sender:
    """A client that never gives up: asks where the upload stands and goes on from there."""

    def __init__(self, token: str, seed: int, size: int, step: int, rng: random.Random) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}
        self.seed, self.size, self.step, self.rng = seed, size, step, rng
        self.key, self.is_done, self.server = "", False, 0
        self.cuts = self.kills = self.wasted = 0
        self.trouble: dict[int, str] = {}

    def go_on(self, port: int, job: str, sha256: str) -> None:
        """Send until the end, or until the server is gone."""
        while not self.is_done:
            try:
                offset = self._stand(port) if self.key else self._begin(port, job, sha256)
                self._send(port, offset)
            except (OSError, http.client.HTTPException):
                if self.kills and not self._answers(port):
                    return

    def _begin(self, port: int, job: str, sha256: str) -> int:
        body = json.dumps(
            {
                "job": job,
                "title": "Orthophoto",
                "kind": "orthophoto",
                "file_name": "big.tif",
                "size_bytes": self.size,
                "sha256": sha256,
            }
        )
        kind = {"Content-Type": "application/json"}
        answer = self._ask(port, "POST", "", body.encode(), kind)
        self.key = json.loads(answer[1])["key"]
        return 0

    def _stand(self, port: int) -> int:
        return int(self._ask(port, "HEAD", f"{self.key}/", b"", {})[0]["Upload-Offset"])

    def _send(self, port: int, offset: int) -> None:
        end = min(offset + self.step, self.size)
        trouble = next((at for at in sorted(self.trouble) if offset <= at < end), None)
        upto = end if trouble is None else trouble
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.putrequest("PATCH", f"/api/client-management/uploads/{self.key}/")
        given = {"Content-Type": OCTETS, "Upload-Offset": str(offset), **self.headers}
        for name, value in {**given, "Content-Length": str(end - offset)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for piece in blocks(self.seed, upto, MB, offset):
            connection.send(piece)
        if trouble is not None:
            self._break(connection, self.trouble.pop(trouble), upto - offset)
            return
        answer = connection.getresponse()
        answer.read()
        connection.close()
        self.is_done = answer.status == 204 and end == self.size

    def _break(self, connection: http.client.HTTPConnection, what: str, sent: int) -> None:
        self.wasted += sent
        if what == "kill":
            self.kills += 1
            os.killpg(self.server, signal.SIGKILL)
        else:
            self.cuts += 1
        connection.close()

    def _answers(self, port: int) -> bool:
        try:
            self._stand(port)
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _ask(
        self, port: int, method: str, end: str, body: bytes, more: dict[str, str]
    ) -> tuple[Any, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        address = f"/api/client-management/uploads/{end}"
        connection.request(method, address, body or None, {**self.headers, **more})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.headers, content


def _text(report: dict[str, Any]) -> str:
    return "\n".join(f"{name:>16}: {value}" for name, value in report.items())


if __name__ == "__main__":
    sys.exit(main())
