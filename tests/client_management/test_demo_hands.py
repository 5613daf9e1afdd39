"""What the hands of the demo's client, and who looks over their shoulder, hold against a page."""

import http.client
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import axe
from benchmarks.browser_hands import Findings, watch
from client_management.demo.flying import InTheAir
from client_management.demo.hands import PlainHands
from common.demo_client import CheckFailed

HERE = "http://127.0.0.1:8000"


def hands(monkeypatch: pytest.MonkeyPatch, status: int) -> PlainHands:
    page = '<form action="/a/"><button>Go</button></form><p>What it says</p>'
    monkeypatch.setattr(PlainHands, "_sent", lambda *_: (status, "", page))
    found = PlainHands(HERE)
    found.open("/", status)
    return found


def test_a_page_must_answer_with_the_status_that_was_expected(monkeypatch):
    hands(monkeypatch, 200).press("Go")
    refused = hands(monkeypatch, 404)
    refused.press("Go", status=404)

    assert "What it says" in refused.text
    with pytest.raises(CheckFailed, match="404"):
        refused.open("/")
    with pytest.raises(CheckFailed, match="404"):
        refused.press("Go")
    with pytest.raises(CheckFailed, match="200"):
        hands(monkeypatch, 200).open("/", 404)


def test_a_server_that_hangs_up_is_told(monkeypatch):
    def hung_up(*_: object) -> None:
        raise http.client.BadStatusLine("")

    monkeypatch.setattr(http.client.HTTPConnection, "request", lambda *_: None)
    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", hung_up)

    with pytest.raises(CheckFailed, match="GET"):
        PlainHands(HERE).open("/portal/")


@pytest.mark.parametrize("fault", [OSError("gone"), http.client.BadStatusLine("x"), KeyError("y")])
def test_whatever_goes_wrong_in_the_air_is_raised_on_the_ground(fault):
    def broken(*_: object) -> None:
        raise fault

    flight: Any = SimpleNamespace(
        station=SimpleNamespace(post=broken), device="d", path="/", pause_until=lambda at: None
    )
    points = [{"recorded_at": "2026-03-15T09:30:00+00:00"}]

    with pytest.raises(CheckFailed, match="in the air"), InTheAir(flight, points) as air:
        air.wait_for_the_pad()


def watched() -> tuple[Findings, dict[str, Any]]:
    findings, heard = Findings(), {}
    page = SimpleNamespace(on=lambda name, then: heard.update({name: then}))
    watch(page, HERE, findings)  # type: ignore[arg-type] # only its events are asked for
    return findings, heard


def answer(status: int, *, is_navigation: bool = True) -> Any:
    request = SimpleNamespace(method="GET", is_navigation_request=lambda: is_navigation)
    return SimpleNamespace(status=status, request=request, url=f"{HERE}/x/")


def test_only_the_refusal_that_was_asked_for_is_no_fault():
    findings, heard = watched()
    findings.expected = 404
    heard["response"](answer(404))
    assert not findings.faults

    heard["response"](answer(404, is_navigation=False))
    heard["response"](answer(500))
    heard["console"](SimpleNamespace(type="error", text="status of 404"))
    heard["console"](SimpleNamespace(type="error", text="x is not defined"))
    heard["request"](SimpleNamespace(url="https://elsewhere.example/a.js"))
    findings.expected = 200
    heard["response"](answer(404))

    assert findings.failed == [f"{status} GET {HERE}/x/" for status in (404, 500, 404)]
    assert findings.console == ["x is not defined"]
    assert findings.elsewhere == ["https://elsewhere.example/a.js"]
    assert len(findings.faults) == 5


def test_another_text_than_the_pinned_axe_is_refused(tmp_path):
    other = tmp_path / "axe.min.js"
    other.write_text("axe = {run: () => []}")

    with pytest.raises(ValueError, match=axe.AXE):
        axe.axe_text(other)


def test_where_axe_cannot_be_had_it_says_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(axe, "KEPT", tmp_path / "axe.min.js")
    monkeypatch.setattr("shutil.which", lambda name: None)

    assert axe.main() == 1

    said = capsys.readouterr().err
    assert f"axe-core {axe.AXE} cannot be had: There is no npm" in said
    assert str(tmp_path / "axe.min.js") in said
    assert "--no-browser" in said
