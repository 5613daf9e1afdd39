"""What the client of the demo gets: a file in parts over a broken line, looked at and accepted."""

import base64
import hashlib
import http.client
import random
from urllib.parse import urlsplit

from client_management.demo.scene import BASE, JobWalk
from common.demo_client import TIMEOUT_S, CheckFailed
from operations.demo import cast

SIZE = 3_000_000
PART = 1_000_000
MADE_WITHIN_S = 30
OCTETS = "application/offset+octet-stream"


def deliver_it(walk: JobWalk) -> None:
    """The product goes up in parts; the line breaks in the second, and the rest follows."""
    content = _product()
    digest = hashlib.sha256(content).hexdigest()
    body = {
        "job": walk.job,
        "title": "Orthophoto of the pad",
        "kind": "orthophoto",
        "file_name": "pad-ortho.tif",
        "size_bytes": len(content),
        "sha256": digest,
    }
    begun = walk.post(cast.COORDINATOR, f"{BASE}/uploads/", body, 201, "begin the upload").body
    path = f"{BASE}/uploads/{begun['key']}/"
    _send(walk, path, 0, content[:PART])
    _break_off(walk, path, PART, content[PART : 2 * PART])
    stands = int(walk.person(cast.COORDINATOR).get(path).headers["upload-offset"])
    if stands != PART:
        raise CheckFailed(f"after the broken line it stands at {stands}, not {PART}")
    for offset in range(stands, len(content), PART):
        _send(walk, path, offset, content[offset : offset + PART])

    def is_made() -> bool:
        return str(walk.get(cast.COORDINATOR, path, "the upload")["status"]) == "finished"

    took = walk.wait_for("the file put together", is_made, within_s=MADE_WITHIN_S)
    walk.deliverable = walk.get(cast.COORDINATOR, path, "the upload")["deliverable"]
    address = f"{BASE}/deliverables/{walk.deliverable}/"
    walk.post(cast.COORDINATOR, f"{address}release/", {}, 200, "show it to the client")
    walk.post(cast.COORDINATOR, f"{BASE}/jobs/{walk.job}/deliver/", {}, 200, "deliver the job")
    walk.say(
        f"{walk.deliverable}: {len(content) // 1_000_000} MB in parts of 1 MB, one broken off and"
        f" sent again from byte {stands}; put together in {took:.1f} s"
    )


def accept_it(walk: JobWalk) -> None:
    """The client finds it on the first page, has the file, accepts it and then the job."""
    hands = walk.hands
    hands.open(walk.page())
    hands.follow("Look at a deliverable")
    walk.see("pad-ortho.tif")
    hands.look("deliverable")
    status, content = _download(walk)
    if status != 200 or hashlib.sha256(content).hexdigest() != _sha256():
        raise CheckFailed(f"the download is not what went up: {status}, {len(content)} bytes")
    hands.fill({"note": "Sharp to the edges."})
    hands.press("Accept")
    walk.see("Accepted")
    hands.open(walk.page(f"jobs/{walk.job}/"))
    hands.look("job-delivered")
    hands.press("Accept the job")
    seen = walk.portal(f"jobs/{walk.job}/")
    if seen["status"] != "accepted":
        raise CheckFailed(f"accepted in the portal, but {seen['status']}")
    log = walk.get(
        cast.COORDINATOR, f"{BASE}/deliverables/{walk.deliverable}/downloads/", "download log"
    )
    rows = log["results"] if isinstance(log, dict) else log
    if [row["user"] for row in rows] != [walk.email]:
        raise CheckFailed(f"the download log says {rows}")
    walk.say(
        f"{walk.deliverable} downloaded with the same hash, on record, accepted; so is the job"
    )


def _product() -> bytes:
    # The same bytes for each job: what is told apart is the upload.
    return b"II*\x00" + random.Random(3).randbytes(SIZE - 4)  # noqa: S311 - a picture's stand-in


def _sha256() -> str:
    return hashlib.sha256(_product()).hexdigest()


def _send(walk: JobWalk, path: str, offset: int, part: bytes) -> None:
    checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
    connection = _connection(walk)
    try:
        headers = _headers(walk, offset) | {"Upload-Checksum": f"sha256 {checksum}"}
        connection.request("PATCH", path, part, headers)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()
    if answer.status != 204 or answer.headers["Upload-Offset"] != str(offset + len(part)):
        raise CheckFailed(f"part at {offset}: {answer.status} {told[:500]!r}")


def _break_off(walk: JobWalk, path: str, offset: int, part: bytes) -> None:
    """Send half of a part and hang up."""
    connection = _connection(walk)
    connection.putrequest("PATCH", path)
    for name, value in _headers(walk, offset).items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(part)))
    connection.endheaders()
    connection.send(part[: len(part) // 2])
    connection.close()


def _download(walk: JobWalk) -> tuple[int, bytes]:
    if walk.api is None:
        raise CheckFailed("the client is not signed in")
    connection = _connection(walk)
    path = f"{BASE}/portal/organizations/{walk.organization}/deliverables/{walk.deliverable}/"
    try:
        connection.request("GET", f"{path}download/", headers=walk.api.headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _headers(walk: JobWalk, offset: int) -> dict[str, str]:
    own = walk.person(cast.COORDINATOR).headers
    return {**own, "Content-Type": OCTETS, "Upload-Offset": str(offset)}


def _connection(walk: JobWalk) -> http.client.HTTPConnection:
    place = urlsplit(walk.base_url)
    secure = place.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    return kind(place.hostname or "", place.port, timeout=TIMEOUT_S)
