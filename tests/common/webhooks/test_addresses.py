"""Where a message may go: public addresses by https, and what the settings list."""

import socket
import threading
import time
from ipaddress import ip_address, ip_network

import pytest

from common.webhooks import addresses
from common.webhooks.addresses import AddressPolicy, AddressRefused, checked_url, place_of

PUBLIC = AddressPolicy()
INSIDE = [
    "127.0.0.1",
    "127.8.9.1",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - an address to refuse, nothing is bound to it
    "192.0.0.8",
    "192.0.2.7",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:7f00:1::",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
]
OUTSIDE = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def names(monkeypatch, *found):
    """Let every name lead to these addresses, and count how often it is asked for."""
    asked = []

    def look_up(host, port, **options):
        asked.append(host)
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_public_is_refused(monkeypatch, address):
    names(monkeypatch, address)

    assert not addresses.is_allowed(ip_address(address), ())
    with pytest.raises(AddressRefused) as refusal:
        place_of("https://hooks.example.com/", PUBLIC)
    assert address not in str(refusal.value)


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_taken(monkeypatch, address):
    names(monkeypatch, address)

    place = place_of("https://hooks.example.com:8443/in?key=1", PUBLIC)

    assert place.addresses == (address,)
    assert (place.host, place.port, place.is_tls) == ("hooks.example.com", 8443, True)
    assert (place.target, place.host_header) == ("/in?key=1", "hooks.example.com:8443")


def test_one_address_of_our_own_among_public_ones_is_enough_to_refuse(monkeypatch):
    names(monkeypatch, "8.8.8.8", "10.0.0.1")

    with pytest.raises(AddressRefused):
        place_of("https://hooks.example.com/", PUBLIC)


def test_a_network_that_is_listed_is_open_and_its_neighbor_is_not(monkeypatch):
    policy = AddressPolicy(networks=(ip_network("10.20.0.0/16"),))
    names(monkeypatch, "10.20.3.4")
    assert place_of("https://erp.internal/", policy).addresses == ("10.20.3.4",)
    names(monkeypatch, "10.21.3.4")
    with pytest.raises(AddressRefused):
        place_of("https://erp.internal/", policy)
    assert addresses.is_allowed(ip_address("::ffff:10.20.0.1"), policy.networks)
    assert not addresses.is_allowed(ip_address("fe80::1%eth0"), (ip_network("fe80::/10"),))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "//hooks.example.com/",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "https:///path",
        "https://",
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com/#part",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:99999/",
        "https://hooks.example.com:x/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/a\r\nX-Other: 1",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.exämple.com/",
        "https://[::1/",
        "https://hooks.example.com/" + "a" * 500,
    ],
)
def test_what_is_no_https_address_of_a_receiver_is_refused_unasked(monkeypatch, url):
    asked = names(monkeypatch, "8.8.8.8")

    with pytest.raises(AddressRefused):
        place_of(url, PUBLIC)
    assert asked == []


def test_numbers_in_odd_spellings_are_judged_by_where_they_lead():
    """The resolver, not we, says what 0x7f.1 is."""
    for host in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:7f00:1]", "localhost"):
        with pytest.raises(AddressRefused):
            place_of(f"https://{host}/", PUBLIC)


def test_http_goes_where_the_settings_let_it(monkeypatch):
    names(monkeypatch, "8.8.8.8")
    policy = AddressPolicy(ports=frozenset({80}), allows_http=True)

    place = place_of("http://hooks.example.com", policy)

    assert (place.is_tls, place.port, place.target) == (False, 80, "/")
    assert place.host_header == "hooks.example.com"
    assert checked_url("http://[2606:4700::1111]/", policy).hostname == "2606:4700::1111"


def test_a_name_that_nobody_knows_is_refused(monkeypatch):
    def fails(*args, **options):
        raise socket.gaierror(-2, "not known")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", fails)
    with pytest.raises(AddressRefused, match="does not lead"):
        place_of("https://nowhere.invalid/", PUBLIC)
    names(monkeypatch)
    with pytest.raises(AddressRefused, match="does not lead"):
        place_of("https://nowhere.invalid/", PUBLIC)


def test_an_address_that_whoever_runs_us_set_is_not_judged(monkeypatch):
    names(monkeypatch, "10.0.0.1")

    assert place_of("http://pager:9000/x", None).addresses == ("10.0.0.1",)


def test_a_name_service_that_does_not_answer_is_given_up(monkeypatch):
    answers = threading.Event()
    asked = []

    def hangs(host, port, **options):
        asked.append(host)
        answers.wait(20)
        return []

    monkeypatch.setattr(addresses.socket, "getaddrinfo", hangs)
    monkeypatch.setattr(addresses, "LOOK_UP_S", 0.1)
    monkeypatch.setattr(addresses, "_ASKING", threading.BoundedSemaphore(2))
    began = time.perf_counter()

    for _ in range(4):
        with pytest.raises(AddressRefused):
            place_of("https://hooks.example.com/", PUBLIC)

    assert time.perf_counter() - began < 5
    assert asked == ["hooks.example.com"] * 2
    answers.set()
    names(monkeypatch, "8.8.8.8")
    monkeypatch.setattr(addresses, "LOOK_UP_S", 10)
    assert place_of("https://hooks.example.com/", PUBLIC).addresses == ("8.8.8.8",)


def test_a_refusal_does_not_tell_a_name_of_our_network_from_none(monkeypatch):
    names(monkeypatch, "10.0.0.1")
    with pytest.raises(AddressRefused) as inside:
        place_of("https://payroll.internal/", PUBLIC)
    names(monkeypatch)
    with pytest.raises(AddressRefused) as unknown:
        place_of("https://payroll.internal/", PUBLIC)

    assert str(inside.value) == str(unknown.value)
