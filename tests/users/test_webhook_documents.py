"""docs/WEBHOOKS.md: its catalogue is what is on offer, and its samples do what they say."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from common.webhooks.offers import offers
from common.webhooks.signing import headers_of
from tests.users.webhook_scene import KEY, SECRET
from users.services import webhook_sending, webhook_subscriptions

TEXT = (Path(__file__).parents[2] / "docs" / "WEBHOOKS.md").read_text()
BODY = b'{"a": 1}'


def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_catalogue_is_what_is_on_offer():
    table = TEXT.split(
        "| Type | What happened | Record at | Permission |\n| --- | --- | --- | --- |\n"
    )[1]

    assert table.splitlines() == [
        f"| `{o.name}` | {o.summary} | `{o.record.path}` | `{o.record.permission}` |"
        for o in offers()
    ]


def test_the_python_sample_takes_ours_and_nothing_else():
    given: dict[str, Any] = {}
    exec(samples("python")[0], given)  # noqa: S102 - our own document
    is_ours = given["is_ours"]
    moment = int(time.time())
    good = headers_of([b"another", KEY], "msg_1", moment, BODY)
    wrong = [
        (good, BODY + b" "),
        ({**good, "webhook-id": "msg_2"}, BODY),
        ({**good, "webhook-timestamp": str(moment - 1)}, BODY),
        (headers_of([b"another"], "msg_1", moment, BODY), BODY),
        (headers_of([KEY], "msg_1", moment - 301, BODY), BODY),
    ]

    assert is_ours(SECRET, good, BODY)
    assert [is_ours(SECRET, headers, body) for headers, body in wrong] == [False] * 5


def test_the_shell_sample_makes_our_signature(tmp_path):
    (sample,) = (each for each in samples("sh") if "openssl" in each)
    (tmp_path / "body.json").write_bytes(BODY)
    headers = headers_of([KEY], "msg_1", 1773527402, BODY)

    made = subprocess.run(  # noqa: S603 - our own document
        ["/bin/bash", "-c", sample],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "ID": "msg_1",
            "TIMESTAMP": "1773527402",
            "SECRET": SECRET,
        },
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"v1,{made.stdout.strip()}" == headers["webhook-signature"]


def test_the_message_that_is_shown_has_the_fields_that_are_sent():
    shown = json.loads(samples("json")[0])

    assert list(shown) == ["id", "type", "created_at", "sequence", "object", "request_id"]
    assert list(shown["object"]) == ["kind", "number", "url"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("10 s, 1 min, 5 min, 20 min, 1 h, 2 h, 4 h, 8 h, 12 h, 20 h and 24 h", None),
        ("twelve tries over three days", webhook_sending.MAX_TRIES == 12),
        ("for 24 hours", webhook_subscriptions.OVERLAP.total_seconds() == 24 * 3600),
        ("up to half an hour", webhook_sending.LONGEST_HOLD.total_seconds() == 1800),
        ("At most two messages", settings.WEBHOOK_CONCURRENCY == 2),
        ("at most 50", webhook_subscriptions.MAX_EVENT_TYPES == 50),
        ("at most 100", webhook_subscriptions.MAX_NUMBERS == 100),
    ],
)
def test_the_figures_are_those_of_the_code(word, value):
    assert word in TEXT
    if value is None:
        value = [each.total_seconds() for each in webhook_sending.WAITS] == [
            10, 60, 300, 1200, 3600, 7200, 14400, 28800, 43200, 72000, 86400,
        ]  # fmt: skip
    assert value
