"""What the process that lays documents out lets happen, and what becomes of it."""

import base64
import http.server
import io
import os
import re
import signal
import threading
import time

import pypdfium2
import pytest
from pypdf import PdfReader

from documents import rendering
from documents.exceptions import DocumentTooLarge, RendererBusy, RenderFailed, RenderTimedOut
from documents.layout.frame import MARKS, Label, Sender, framed
from documents.layout.language import read_layout
from documents.rendering import RenderPool, RenderProcess, end_renderers, render_pdf

NAMES = "Ünïcødé Владимир Ελένη 李雷 محمد שלום ประยุทธ์ მარიამ"
LABEL = Label("Letter", "TR-1 <b>", "DC-2026-000001", 2, "ab" * 32, "2026-03-14T22:30:00Z")


def page(body, style="", label=LABEL, sender=None):
    return framed(body, style, label, sender or Sender("Southern & Co"))


def reader(html):
    return PdfReader(io.BytesIO(render_pdf(html).content))


@pytest.fixture
def listener():
    """A server on this machine that notes who asked for what."""
    asked = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_document_is_tagged_pdf_a_with_all_its_fonts_inside():
    document = reader(
        page(f"<h1>{NAMES}</h1><table><tr><th>a</th></tr><tr><td>b</td></tr></table>")
    )

    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "en"
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part[^0-9]*3", xmp)
    assert re.search(r"pdfaid:conformance[^A-Z]*A", xmp)
    fonts = [
        font.get_object()
        for sheet in document.pages
        for font in sheet["/Resources"]["/Font"].values()
    ]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert any(name in described for name in ("/FontFile2", "/FontFile3"))
        # A subset carries six letters and a plus before its name.
        assert re.match(r"/[A-Z]{6}\+", described["/FontName"])


def test_names_of_every_script_are_written_and_read_back():
    text = reader(page(f"<p>{NAMES}</p>")).pages[0].extract_text()

    for word in ("Ünïcødé", "Владимир", "Ελένη", "李雷"):
        assert word in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("محمد", "خالد"),
        ("王芳", "李雷"),
        ("陳大文", "鄧麗君"),
        ("ヤマダ", "サクラ"),
        ("김철수", "박지영"),
        ("สมชาย", "กัญญา"),
        ("Владимир", "Світлана"),
        ("משה", "דוד"),
        ("राम", "मधु"),
    ],
)
def test_letters_of_a_name_are_drawn_and_no_boxes_in_their_place(one, other):
    looks = [drawn(page(f"<p>{name}</p>")) for name in (one, other)]

    assert looks[0] != looks[1]


def drawn(html):
    """A first page as it is seen: boxes for letters that no font has would all look alike."""
    pdf = pypdfium2.PdfDocument(render_pdf(html).content)
    try:
        return pdf[0].render(scale=2).to_pil().tobytes()
    finally:
        pdf.close()


def test_the_edges_of_the_page_say_what_the_document_is():
    label = Label("Letter", "TR-1", "DC-1", 3, "ab" * 32, mark=MARKS["confidential"])
    sender = Sender("Southern", foot='"} @import "x"; {')

    text = reader(page("<p>a</p>" + "<p>x<br></p>" * 80, label=label, sender=sender))

    assert len(text.pages) > 1
    last = text.pages[-1].extract_text()
    assert f"Page {len(text.pages)} of {len(text.pages)}" in last
    assert "DC-1 · issue 3 · abababababababab" in last
    assert '"} @import "x"; {' in last
    assert "Confidential" in last
    assert "Letter TR-1" in last


def test_equal_pages_are_equal_bytes_also_from_another_process():
    html = page(f"<h1>{NAMES}</h1>")
    first = render_pdf(html, identifier="ab" * 16).content
    render_pdf(page(f"<h1>Another</h1><p><i>{NAMES}</i></p>"))
    assert render_pdf(html, identifier="ab" * 16).content == first

    end_renderers()

    assert render_pdf(html, identifier="ab" * 16).content == first
    assert render_pdf(html, identifier="cd" * 16).content != first


@pytest.mark.parametrize(
    "body",
    [
        '<img src="{0}/a.png" alt="x">',
        '<link rel="stylesheet" href="{0}/a.css">',
        '<link rel="attachment" href="{0}/a">',
        "<style>@import url({0}/a.css);</style>",
        "<style>@font-face {{ font-family: f; src: url({0}/f) }} p {{ font-family: f }}</style>",
        '<p style="background: url({0}/a.png)">x</p>',
        '<object data="{0}/a"></object>',
        '<embed src="{0}/a">',
        '<iframe src="{0}/a"></iframe>',
        '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{0}/a.png"/></svg>',
        '<a rel="attachment" href="{0}/a">x</a>',
        '<base href="{0}/"><img src="a.png" alt="x">',
    ],
)
def test_nothing_is_asked_of_another_machine_even_past_the_allow_list(listener, body):
    address, asked = listener

    assert render_pdf(page(body.format(address) + "<p>x</p>")).page_count == 1
    assert asked == []


@pytest.mark.parametrize(
    "body",
    [
        '<img src="file://{0}" alt="x">',
        '<link rel="attachment" href="file://{0}">',
        '<a rel="attachment" href="file://{0}">x</a>',
        '<object data="file://{0}"></object>',
        '<iframe src="file://{0}"></iframe>',
        "<style>@import url(file://{0});</style>",
        '<svg><image href="file://{0}"/></svg>',
        '<img src="{0}" alt="x">',
    ],
)
def test_no_file_of_this_machine_gets_in(tmp_path, body):
    secret = tmp_path / "secret.txt"
    secret.write_text("very-secret-text")

    document = reader(page(body.format(secret) + "<p>x</p>"))

    assert "very-secret-text" not in document.pages[0].extract_text()
    assert document.attachments == {}
    assert "/Filespec" not in str(document.trailer["/Root"])


def test_an_svg_brings_nothing_with_it(listener, tmp_path):
    address, asked = listener
    secret = tmp_path / "secret.txt"
    secret.write_text("very-secret-text")
    svg = (
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>'
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50">'
        f'<image href="{address}/a.png" width="9" height="9"/><text y="20">a&x;b</text></svg>'
    )
    data = base64.b64encode(svg.encode()).decode()

    document = reader(page(f'<img src="data:image/svg+xml;base64,{data}" alt="x"><p>x</p>'))

    assert "very-secret-text" not in document.pages[0].extract_text()
    assert asked == []


def test_a_table_that_takes_too_long_is_given_up(settings):
    settings.DOCUMENT_RENDER_SECONDS = 1.0
    rows = "<tr><td>a</td><td>b</td><td>c</td></tr>" * 5000

    started = time.monotonic()
    with pytest.raises(RenderTimedOut):
        render_pdf(page(f"<table>{rows}</table>"))

    assert time.monotonic() - started < 10
    settings.DOCUMENT_RENDER_SECONDS = 40.0
    assert render_pdf(page("<p>x</p>")).page_count == 1


@pytest.mark.parametrize(
    ("style", "body"),
    [
        (".g{display:grid;grid-template-columns:repeat(1000000,1px)}", '<p class="g">x</p>'),
        ("@page{size:1mm 1mm;margin:0}", "<p>" + "word " * 3000 + "</p>"),
    ],
    ids=["columns without end", "pages without end"],
)
def test_a_style_that_takes_all_time_is_given_up(settings, style, body):
    settings.DOCUMENT_RENDER_SECONDS = 1.0
    layout = read_layout(f"<!--placeholders\nn x\n--><style>{style}</style>{body}")

    with pytest.raises(RenderTimedOut):
        render_pdf(page(body, layout.style))


def test_nested_tags_are_refused_and_the_next_document_is_made():
    with pytest.raises(RenderFailed):
        render_pdf(page("<div>" * 3000 + "x"))

    assert render_pdf(page("<p>x</p>")).page_count == 1


def test_what_wants_too_much_memory_is_refused_and_the_next_document_is_made(settings):
    # One that lays a word out has 300 MB of addresses: with no more than that, any may fail.
    settings.DOCUMENT_RENDER_MEMORY_MB = 500
    # Whichever of the two limits a busy machine meets first: here it is to be memory.
    settings.DOCUMENT_RENDER_SECONDS = 120.0
    end_renderers()
    body = "x " * 40_000_000
    try:
        with pytest.raises(RenderFailed, match="memory"):
            render_pdf(page(body))
        assert render_pdf(page("<p>x</p>")).page_count == 1
    finally:
        end_renderers()


def test_more_pages_than_anybody_reads_are_refused(monkeypatch):
    monkeypatch.setattr(rendering, "MOST_PAGES", 3)

    with pytest.raises(DocumentTooLarge):
        render_pdf(page('<p style="break-before: page">x</p>' * 5))


def test_a_process_that_dies_is_replaced():
    process = RenderProcess()
    request = {"do": "render", "identifier": "00", "most_pages": 9}
    try:
        process.ask(request, b"<p>x</p>", limit_s=20)
        first = process.pid
        os.kill(first, signal.SIGKILL)
        process._child.wait()  # noqa: SLF001 - the one that was killed
        head, content = process.ask(request, b"<p>x</p>", limit_s=20)
        assert process.pid != first
        assert head["ok"]
        assert content.startswith(b"%PDF")
    finally:
        process.end()


def test_a_process_is_replaced_after_so_many_documents(settings):
    settings.DOCUMENT_RENDER_RECYCLE = 2
    process = RenderProcess()
    request = {"do": "render", "identifier": "00", "most_pages": 9}
    try:
        pids = []
        for _ in range(3):
            process.ask(request, b"<p>x</p>", limit_s=20)
            pids.append(process.pid)
        assert pids[0] is not None
        assert pids[1] is None
        assert pids[2] not in (None, pids[0])
    finally:
        process.end()


def test_the_process_knows_no_secret_and_writes_no_file():
    process = RenderProcess()
    try:
        process.ask({"do": "render", "identifier": "00", "most_pages": 9}, b"x", limit_s=20)
        with open(f"/proc/{process.pid}/environ", "rb") as kept:
            names = {entry.partition(b"=")[0].decode() for entry in kept.read().split(b"\0")}
        with open(f"/proc/{process.pid}/limits") as kept:
            limits = kept.read()
    finally:
        process.end()

    assert names <= {"", *rendering.PASSED_ON}
    assert re.search(r"Max address space\s+1073741824", limits)
    assert re.search(r"Max file size\s+0 ", limits)


def test_who_finds_every_process_taken_is_told_so(settings):
    settings.DOCUMENT_RENDER_WAIT_SECONDS = 0.05
    pool = RenderPool(1)

    with pool.process(), pytest.raises(RendererBusy), pool.process():
        pass
    with pool.process() as process:
        assert process.pid is None
