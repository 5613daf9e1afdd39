"""Notices at the installation's webhook: signed, at least once, never twice at once."""

import json
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from hmac import new as keyed
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from common.webhooks.calling import Reply, call
from common.webhooks.signing import signature
from dispatcher.models import NoticeWebhook
from dispatcher.services import notices, webhooks
from tests.dispatcher.live_scene import NOW, make_desk, make_operation

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-thirty-two-characters"


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.DISPATCH_WEBHOOK_URL = "https://pager.example/notices"
    settings.DISPATCH_WEBHOOK_SECRET = SECRET


@pytest.fixture(scope="module")
def desk(kept_rows):
    return make_desk()


@pytest.fixture
def sent(monkeypatch):
    """What was posted, answered by what the test puts into `answers`; taken when there is none."""
    found = []
    found_answers: list[Reply] = []

    def post(url, keys, identity, moment, body):
        found.append((url, keys, identity, moment, json.loads(body)))
        return found_answers.pop(0) if found_answers else Reply("sent", "204")

    monkeypatch.setattr(webhooks, "call", post)
    return found, found_answers


def after(**lapse):
    return NOW + timedelta(**lapse)


def tell(desk, cause="c") -> NoticeWebhook:
    operation = make_operation(desk, after(minutes=60))
    change = notices.Change(
        kind="changed", operation=operation, cause=cause, text="Moved", details="Now at 09:00.",
        starts_at=operation.planned_start_at,
    )  # fmt: skip
    return notices.tell_pilot(desk.pilot, desk.center, change, at=NOW).webhook


def test_a_notice_is_posted_once_signed_and_with_what_a_pager_needs(desk, sent):
    webhook = tell(desk)

    webhooks.send(webhook.pk, clock=lambda: after(seconds=2))
    webhooks.send(webhook.pk, clock=lambda: after(seconds=3))

    webhook.refresh_from_db()
    assert (webhook.status, webhook.attempts, webhook.ended_at) == ("sent", 1, after(seconds=2))
    ((url, keys, identity, moment, body),) = sent[0]
    assert (url, keys) == ("https://pager.example/notices", [SECRET.encode()])
    assert (identity, moment) == (f"notice-{webhook.notice_id}", int(NOW.timestamp()) + 2)
    assert (body["type"], body["timestamp"]) == ("dispatch.notice", "2026-03-14T22:30:00Z")
    assert body["data"] == {
        "id": webhook.notice_id,
        "center": desk.center.code,
        "recipient": desk.pilot.email,
        "kind": "changed",
        "operation": webhook.notice.operation.number,
        "event": None,
        "text": "Moved",
        "more": "Now at 09:00.",
        "needs_acknowledgement": True,
        "acknowledge_by_at": "2026-03-14T22:45:00Z",
    }


def test_what_is_not_taken_is_sent_again_ever_less_often_until_it_is_of_no_use(desk, sent):
    _, answers = sent
    webhook = tell(desk)
    answers += [Reply("later", "503"), Reply("later", "ConnectError"), Reply("sent", "200")]

    webhooks.send(webhook.pk, clock=lambda: NOW)
    assert webhooks.sweep(at=after(seconds=9)) == []
    assert webhooks.sweep(at=after(seconds=10)) == [webhook.pk]
    webhooks.send(webhook.pk, clock=lambda: after(seconds=10))
    assert webhooks.sweep(at=after(seconds=29)) == []
    webhooks.send(webhook.pk, clock=lambda: after(seconds=30))

    webhook.refresh_from_db()
    assert (webhook.status, webhook.attempts, webhook.reply) == ("sent", 3, "200")
    late = tell(desk, "late")
    webhooks.send(late.pk, clock=lambda: after(hours=12))
    late.refresh_from_db()
    assert (late.status, late.attempts, late.reply) == ("failed", 0, "Too late.")


def test_an_address_that_is_gone_is_not_asked_again(desk, sent):
    webhook = tell(desk)
    sent[1].append(Reply("refused", "410"))

    webhooks.send(webhook.pk, clock=lambda: NOW)

    webhook.refresh_from_db()
    assert (webhook.status, webhook.reply) == ("failed", "410")
    assert webhooks.sweep(at=after(hours=1)) == []


def test_a_lost_worker_is_followed_by_another_and_changes_nothing_when_it_comes_back(desk):
    webhook = tell(desk)
    lost = webhooks.claim(webhook.pk, at=NOW)

    assert webhooks.claim(webhook.pk, at=after(seconds=1)) is None
    assert webhooks.sweep(at=after(minutes=1)) == []
    assert webhooks.sweep(at=after(minutes=2)) == []
    assert webhooks.sweep(at=after(minutes=2, seconds=10)) == [webhook.pk]
    again = webhooks.claim(webhook.pk, at=after(minutes=3))
    webhooks.finish(lost, Reply("sent", "200"), at=after(minutes=3))
    webhook.refresh_from_db()
    assert (webhook.status, webhook.attempts) == ("sending", 2)
    webhooks.finish(again, Reply("sent", "200"), at=after(minutes=4))
    webhook.refresh_from_db()
    assert webhook.status == "sent"


def test_without_an_address_nothing_is_queued(desk, settings):
    settings.DISPATCH_WEBHOOK_URL = ""
    operation = make_operation(desk, after(minutes=60))
    change = notices.Change(
        kind="changed", operation=operation, cause="c", text="Moved", starts_at=after(minutes=60)
    )

    notices.tell_pilot(desk.pilot, desk.center, change, at=NOW)

    assert not NoticeWebhook.objects.exists()


def test_the_signature_is_the_one_that_the_specification_asks_for():
    digest = keyed(SECRET.encode(), b'notice-7.1773527400.{"a":1}', sha256).digest()

    said = signature(SECRET.encode(), "notice-7", 1773527400, b'{"a":1}')
    assert said == f"v1,{b64encode(digest).decode()}"


class Receiver(BaseHTTPRequestHandler):
    """Takes what comes to /ok, is gone at /gone, leads elsewhere at /away, else is in trouble."""

    heard: list[tuple[str, dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, dict(self.headers), body))
        code = {"/ok": 204, "/gone": 410, "/away": 302}.get(self.path, 503)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/ok")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Says nothing."""


def test_over_the_wire_only_a_success_is_taken_and_no_redirect_is_followed(monkeypatch):
    monkeypatch.setattr(Receiver, "heard", [], raising=False)
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        results = [
            call(f"{base}/{path}", [SECRET.encode()], "notice-7", 1773527400, b"{}").result
            for path in ("ok", "gone", "away", "trouble")
        ]
    finally:
        server.shutdown()
        server.server_close()
    away = call(f"{base}/ok", [SECRET.encode()], "notice-7", 1773527400, b"{}")

    assert results == ["sent", "refused", "later", "later"]
    assert (away.result, away.said) == ("later", "ConnectionRefusedError")
    assert [path for path, _, _ in Receiver.heard] == ["/ok", "/gone", "/away", "/trouble"]
    headers = {name.lower(): value for name, value in Receiver.heard[0][1].items()}
    assert headers["webhook-id"] == "notice-7"
    assert headers["webhook-timestamp"] == "1773527400"
    assert headers["webhook-signature"] == signature(SECRET.encode(), "notice-7", 1773527400, b"{}")
