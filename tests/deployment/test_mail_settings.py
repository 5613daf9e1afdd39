"""Production sends mail under a real name, to real addresses, with real passwords."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
READY = {
    "EMAIL_HOST": "mx.bluewater.example",
    "DEFAULT_FROM_EMAIL": "Bluewater Air <desk@bluewater.example>",
    "PUBLIC_URL": "https://windsock.example/",
}


def start(**environment):
    """Load the settings as production would; returns the exit status and what was said."""
    given = {
        "PATH": os.environ["PATH"],
        "DEBUG": "0",
        "SECRET_KEY": "s" * 60,
        "JWT_SIGNING_KEY": "j" * 60,
        "FIELD_ENCRYPTION_KEYS": "k1:" + "A" * 43,
        "ALLOWED_HOSTS": "windsock.example",
        "DATABASE_URL": "postgis:///windsock",
        **environment,
    }
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import config.settings as s;"
            " print(s.EMAIL_BACKEND, s.MAIL_ENVELOPE_FROM, s.PUBLIC_URL)",
        ],
        env=given,
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_production_with_a_mail_server_starts():
    assert start(**READY) == (
        0,
        "common.mail.transport.SmtpTransport desk@bluewater.example https://windsock.example\n",
    )


def test_the_null_path_is_written_as_such():
    assert start(**READY, MAIL_ENVELOPE_FROM="<>")[1].split(" ")[1] == ""


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"DEFAULT_FROM_EMAIL": ""}, "DEFAULT_FROM_EMAIL"),
        ({"DEFAULT_FROM_EMAIL": "x@localhost"}, "DEFAULT_FROM_EMAIL"),
        ({"PUBLIC_URL": "http://windsock.example"}, "PUBLIC_URL"),
        ({"EMAIL_HOST_PASSWORD": "demo-only-email"}, "EMAIL_HOST_PASSWORD"),
        ({"SIGNING_KEYSTORE_PASSWORD": "demo-only-signing"}, "SIGNING_KEYSTORE_PASSWORD"),
        ({"SIGNING_KEY_PEM": "x"}, "SIGNING_CERTIFICATE_PEM"),
        ({"DISPATCH_WEBHOOK_URL": "http://pager.example"}, "DISPATCH_WEBHOOK_URL"),
        ({"DISPATCH_WEBHOOK_URL": "https://pager.example"}, "DISPATCH_WEBHOOK_SECRET"),
        ({"WEBHOOK_ALLOWED_NETWORKS": "10.0.0.0/8,office"}, "WEBHOOK_ALLOWED_NETWORKS"),
        ({"WEBHOOK_PORTS": "443,https"}, "WEBHOOK_PORTS"),
        ({"WEBHOOK_CONCURRENCY": "0"}, "WEBHOOK_CONCURRENCY"),
    ],
)
def test_production_refuses_demo_values(change, name):
    status, said = start(**{**READY, **change})

    assert status == 1
    assert name in said


def test_without_a_mail_server_mails_wait():
    assert start()[1].startswith("common.mail.transport.NoTransport ")
