"""One message over a real connection to receivers that are slow, gone, huge or silent."""

import socket
import ssl
import time
from ipaddress import ip_network

import pytest

from common.webhooks import addresses, calling
from common.webhooks.addresses import AddressPolicy
from common.webhooks.calling import Reply, call
from common.webhooks.signing import fresh_secret, is_signed, key_of
from tests.common.webhooks.receivers import local_server, verifies

SECRET = fresh_secret()
BODY = b'{"a": 1}'


@pytest.fixture(scope="module")
def server():
    with local_server() as local:
        yield local


@pytest.fixture(autouse=True)
def _short(monkeypatch, server):
    monkeypatch.setattr(calling, "ANSWER_S", 0.6)
    server.heard.clear()


def policy(port):
    networks = (ip_network("127.0.0.0/8"),)
    return AddressPolicy(ports=frozenset({port}), networks=networks, allows_http=True)


def ask(server, path, *secrets):
    keys = [key_of(secret) for secret in secrets or (SECRET,)]
    url = server.url(path)
    return call(url, keys, "msg_7", 1773527400, BODY, policy=policy(server.port))


def test_a_message_arrives_signed_once_for_each_key(server):
    older = fresh_secret()

    reply = ask(server, "fine?x=1", SECRET, older)

    (heard,) = server.heard
    assert (reply.result, reply.code, reply.said) == ("sent", 204, "204")
    assert (heard.path, heard.body) == ("/fine?x=1", BODY)
    assert heard.headers["host"] == f"127.0.0.1:{server.port}"
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["webhook-id"] == "msg_7"
    assert heard.headers["webhook-timestamp"] == "1773527400"
    assert verifies(heard, SECRET, older)
    assert not verifies(heard, older, SECRET)
    assert not verifies(heard, SECRET)


@pytest.mark.parametrize(
    ("path", "result", "said", "code"),
    [
        ("trouble", "later", "500", 500),
        ("gone", "refused", "410", 410),
        ("away", "later", "302", 302),
        ("busy", "later", "503", 503),
        ("huge", "sent", "200", 200),
        ("closes", "later", "RemoteDisconnected", None),
        ("hangs", "later", "TimeoutError", None),
        ("trickles", "later", "TimeoutError", None),
        ("hangs-up", "sent", "200", 200),
        ("is-old", "sent", "200", 200),
        ("nonsense", "later", "BadStatusLine", None),
    ],
)
def test_how_each_receiver_is_understood(server, path, result, said, code):
    began = time.perf_counter()

    reply = ask(server, path)

    assert (reply.result, reply.said, reply.code) == (result, said, code)
    assert time.perf_counter() - began < 2
    assert [heard.path for heard in server.heard] == [f"/{path}"]


def test_what_is_kept_of_an_answer_is_short_and_printable(server):
    assert (
        ask(server, "trouble").excerpt
        == "no\N{REPLACEMENT CHARACTER} such thing\N{REPLACEMENT CHARACTER}[31m"
    )
    assert ask(server, "huge").excerpt == "x" * 300
    assert ask(server, "busy").retry_after_s == 120
    assert ask(server, "fine").retry_after_s == 0


def test_nobody_at_the_port_is_a_failure_like_any_other():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"

    reply = call(url, [b"k"], "msg_1", 1, BODY, policy=policy(port))

    assert (reply.result, reply.said, reply.code) == ("later", "ConnectionRefusedError", None)


def test_nothing_is_sent_to_an_address_that_is_refused(server):
    reply = call(server.url("fine"), [b"k"], "msg_1", 1, BODY, policy=AddressPolicy())

    assert (reply.result, reply.said) == ("later", "Not an https address.")
    assert server.heard == []


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch, server):
    """A name that leads elsewhere when it is asked for again is asked for once only."""
    answers = ["127.0.0.1", "169.254.169.254"]

    def look_up(host, port, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    reached = []
    connect = socket.create_connection

    def noted(address, timeout):
        reached.append(address[0])
        sock = socket.socket()
        sock.settimeout(timeout)
        sock.connect(address)
        return sock

    monkeypatch.setattr(calling.socket, "create_connection", noted)
    url = f"http://receiver.example:{server.port}/fine"
    reply = call(url, [b"k"], "msg_1", 1, BODY, policy=policy(server.port))

    assert connect is not noted
    assert (reply.result, reached, answers) == ("sent", ["127.0.0.1"], ["169.254.169.254"])
    assert server.heard[0].headers["host"] == f"receiver.example:{server.port}"


def test_the_next_address_is_tried_where_one_does_not_answer(monkeypatch, server):
    resolve = socket.getaddrinfo

    def look_up(host, port, *rest, **options):
        if host != "receiver.example":
            return resolve(host, port, *rest, **options)
        found = ("127.0.0.9", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    url = f"http://receiver.example:{server.port}/fine"

    assert call(url, [b"k"], "m", 1, BODY, policy=policy(server.port)).result == "sent"


def test_no_proxy_of_the_environment_is_asked(monkeypatch, server):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert ask(server, "fine").result == "sent"


def test_a_receiver_by_https_must_have_a_certificate_that_is_trusted(server):
    """This server speaks no TLS at all, so the handshake itself fails."""
    url = f"https://127.0.0.1:{server.port}/fine"

    reply = call(url, [b"k"], "m", 1, BODY, policy=policy(server.port))

    assert (reply.result, reply.said) == ("later", "SSLError")
    context = calling._tls()  # noqa: SLF001 - what every https message is sent with
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.get_ca_certs()


def test_a_reply_says_nothing_of_the_address():
    reply = call("https://x.invalid/key-in-path", [b"k"], "m", 1, BODY, policy=AddressPolicy())

    assert "x.invalid" not in str(reply)
    assert "key-in-path" not in str(reply)
    assert isinstance(reply, Reply)


def test_signatures_are_those_of_the_published_example():
    """https://www.standardwebhooks.com: the vector of the specification's libraries."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    moment, identity = 1614265330, "msg_p5jXN8AQM9LWM0D4loKWxJek"
    given = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    assert is_signed(key, given, identity=identity, moment=moment, body=body)
    assert is_signed(key, f"v1,AAAA {given}", identity=identity, moment=moment, body=body)
    assert not is_signed(key, given, identity=identity, moment=moment + 1, body=body)
    assert not is_signed(key, given, identity="msg_other", moment=moment, body=body)
    assert not is_signed(key, "v1,AAAA", identity=identity, moment=moment, body=body)
    assert not is_signed(key, "", identity=identity, moment=moment, body=body)
    assert not is_signed(key, "v1,ä", identity=identity, moment=moment, body=body)


@pytest.mark.parametrize("secret", ["", "abc", "whsec_%%%", "WHSEC_MfKQ"])
def test_what_is_no_secret_is_refused(secret):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of the two it is
        key_of(secret)
