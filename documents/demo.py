"""What the demos do with documents, over HTTP: make one, follow its link, hold the PDF."""

import http.client
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from common.demo_client import Api, CheckFailed

DOCUMENTS = "/api/documents"


def fetch_paper(who: Api, base_url: str, *, kind: str, subject: str) -> bytes:
    """Make one document as somebody and follow its link; the PDF. Raises CheckFailed."""
    key = {"Idempotency-Key": uuid4().hex}
    made = who.post(f"{DOCUMENTS}/generate/", {"kind": kind, "subject": subject}, **key)
    if made.status != 200:
        made.expect(201, f"make {kind}")
    path = f"{DOCUMENTS}/documents/{made.body['number']}/link/"
    link = who.post(path, {}).expect(200, f"link to {kind}")
    status, content = fetch("GET", link.body["url"], base_url)
    if status != 200 or not content.startswith(b"%PDF"):
        raise CheckFailed(f"{kind}: {status}, {content[:60]!r}")
    return content


def fetch(
    method: str, address: str, base_url: str, form: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """What anybody gets at an address without signing in; a path is one of `base_url`."""
    place = urlsplit(address if "://" in address else base_url)
    path = urlsplit(address)
    secure = place.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    target = f"{path.path}?{path.query}" if path.query else path.path
    connection.request(method, target, urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content
