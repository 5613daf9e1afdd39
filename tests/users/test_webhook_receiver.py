"""The receiver for trying things out, as a process, and what is sent to it for real."""

import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from common.webhooks.signing import headers_of
from tests.users.webhook_scene import KEY, NOW, SECRET, make_subscription, queue_tests
from users.services import webhook_sending as sending

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def receiver():
    """A function that starts a receiver and gives its port and process."""
    running = []

    def start(*arguments, **environment):
        port = free_port()
        process = subprocess.Popen(  # noqa: S603 - our own command
            [
                sys.executable,
                str(ROOT / "manage.py"),
                "webhook_receiver",
                *("--port", str(port), *arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"DEBUG": "1"} | environment,
            text=True,
        )
        running.append(process)
        if not environment:
            process.stdin.write(f"{SECRET}\n")
            process.stdin.flush()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port, process
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the receiver did not begin to listen")

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.mark.django_db
@pytest.mark.slow
def test_it_verifies_what_is_sent_and_tells_a_duplicate(receiver, settings):
    port, process = receiver("--json", "--count", "6")
    url = f"http://127.0.0.1:{port}/"
    settings.WEBHOOK_PORTS, settings.WEBHOOK_ALLOW_HTTP = [port], True
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    subscription = make_subscription(url=url)
    (message,) = queue_tests(subscription, 1)

    moment = int(time.time())
    body = b'{"type": "webhook.test", "sequence": 2}'
    headers = headers_of([KEY], "msg_x", moment, body)
    answers = [
        httpx.post(url, content=body, headers=headers).status_code,
        httpx.post(url, content=body, headers=headers).status_code,
        httpx.post(url, content=body + b" ", headers=headers).status_code,
        httpx.post(url, content=b"no JSON").status_code,
        httpx.post(
            url, content=body, headers=headers_of([KEY], "msg_y", moment - 301, body)
        ).status_code,
    ]
    # By the tests' clock this one is long ago, which a receiver must not take either.
    sending.drain(subscription.pk, clock=lambda: NOW)
    lines = [json.loads(line) for line in process.communicate(timeout=20)[0].splitlines()]

    assert answers == [204, 204, 400, 400, 400]
    assert [line["verified"] for line in lines] == [True, True, False, False, False, False]
    assert [line["duplicate"] for line in lines] == [False, True, False, False, False, False]
    assert [line["fault"] for line in lines] == [
        "",
        "",
        "wrong signature",
        "no timestamp",
        "timestamp too far from now",
        "timestamp too far from now",
    ]
    assert lines[0]["body"] == {"type": "webhook.test", "sequence": 2}
    assert lines[5]["id"] == message.public_id
    message.refresh_from_db()
    assert (message.status, message.log.get().response_code) == ("queued", 400)


@pytest.mark.slow
def test_it_answers_as_it_is_told_and_in_plain_words(receiver):
    port, process = receiver("--status", "503", "--count", "1", WEBHOOK_SECRET=SECRET)
    moment = int(time.time())
    body = b'{"type": "trip.released", "sequence": 3, "object": {"number": "TR-2026-0042"}}'

    answer = httpx.post(
        f"http://127.0.0.1:{port}/",
        content=body,
        headers=headers_of([KEY], "msg_9", moment, body),
    )

    assert answer.status_code == 503
    assert process.communicate(timeout=20)[0].splitlines() == [
        f"listening on http://127.0.0.1:{port}/",
        "ok msg_9 trip.released #3 TR-2026-0042 -> 503",
    ]


@pytest.mark.parametrize(
    ("secret", "options", "reason"),
    [
        ("short", {}, "WEBHOOK_SECRET"),
        ("whsec_%%%", {}, "WEBHOOK_SECRET"),
        (SECRET, {"status": 99}, "--status"),
    ],
)
def test_what_it_cannot_do_is_named(monkeypatch, secret, options, reason):
    monkeypatch.setenv("WEBHOOK_SECRET", secret)
    with pytest.raises(CommandError, match=reason):
        call_command("webhook_receiver", port=0, **options)


def test_without_a_secret_it_does_not_begin(monkeypatch):
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandError, match="WEBHOOK_SECRET"):
        call_command("webhook_receiver", port=0)


def test_a_secret_is_not_taken_from_the_command_line(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with pytest.raises(CommandError, match="--secret"):
        call_command("webhook_receiver", "--secret", SECRET, "--port", "0", "--status", "99")


def test_a_port_that_is_taken_is_named(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="Port"):
            call_command("webhook_receiver", port=taken.getsockname()[1])
