"""
Further ways into a layout, and what becomes of each: past the allow-list, straight to the renderer,
and through the door that editors of templates use.
"""

import base64
import http.server
import io
import struct
import threading
import zlib
from itertools import pairwise

import pytest
from pypdf import PdfReader

from documents.exceptions import LayoutRefused, RenderFailed, RenderTimedOut
from documents.layout.language import read_layout
from documents.rendering import render_pdf

SECRET = "very-secret-text"
HEAD = "<!--placeholders\nnumber  A number\nrows[].text  A text\n-->"


@pytest.fixture
def outside(tmp_path):
    """A server on this machine that notes who asked, and a file with a secret."""
    asked = []

    class Noting(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    yield f"http://127.0.0.1:{server.server_port}", f"file://{file}", asked
    server.shutdown()
    server.server_close()


def data(kind, text):
    content = text if isinstance(text, bytes) else text.encode()
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def svg(inner):
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="90" height="90">{inner}</svg>'
    )


def page(body):
    return f"<!DOCTYPE html><html lang='en'><title>x</title><body>{body}<p>x</p></body></html>"


# Each with one address in it, which is that of the server and then that of the file.
WAYS = {
    "import in a style of data:": '<link rel="stylesheet" href="{css}">',
    "content": "<style>p::before {{ content: url({0}) }}</style>",
    "list mark": "<style>li {{ list-style-image: url({0}) }}</style><ul><li>x</li></ul>",
    "border": "<style>p {{ border: 9px solid; border-image: url({0}) 9 }}</style>",
    "mask": "<style>p {{ mask-image: url({0}) }}</style>",
    "page": "<style>@page {{ background: url({0}) }}</style>",
    "margin box": "<style>@page {{ @top-left {{ content: url({0}) }} }}</style>",
    "set of pictures": '<img srcset="{0} 1x" src="{0}" alt="x">',
    "picture": '<picture><source srcset="{0}"><img src="{0}" alt="x"></picture>',
    "film": '<video src="{0}" poster="{0}"></video><audio src="{0}"></audio>',
    "input": '<input type="image" src="{0}">',
    "refresh": '<meta http-equiv="refresh" content="0;url={0}">',
    "icon": '<link rel="icon" href="{0}"><link rel="preload" href="{0}">',
    "attachment": '<link rel="attachment" href="{0}" title="x">',
    "frame of data:": '<iframe src="{html}"></iframe><object data="{html}"></object>',
    "script": '<script src="{0}"></script>',
    "picture in an SVG": '<img src="{image}" alt="x">',
    "picture in an SVG by xlink": '<img src="{xlink}" alt="x">',
    "use in an SVG": '<img src="{use}" alt="x">',
    "style in an SVG": '<img src="{style}" alt="x">',
    "font in an SVG": '<img src="{font}" alt="x">',
    "foreign object in an SVG": '<img src="{foreign}" alt="x">',
    "script in an SVG": '<img src="{script}" alt="x">',
    "picture in an SVG in an SVG": '<img src="{nested}" alt="x">',
    "SVG in the page": "{inline}",
    "entity of an SVG": '<img src="{entity}" alt="x">',
    "sheet of an SVG": '<img src="{sheet}" alt="x">',
}


def within(body, address):
    """The body with an address in each of its disguises."""
    image = svg(f'<image href="{address}" width="9" height="9"/>')
    drawn = {
        "image": image,
        "xlink": svg(f'<image xlink:href="{address}" width="9" height="9"/>'),
        "use": svg(f'<use href="{address}#a"/><use xlink:href="{address}#a"/>'),
        "style": svg(f'<style>@import url({address}); rect {{ fill: url({address}#a) }}</style>'
                     '<rect width="9" height="9"/>'),
        "font": svg(f"<style>@font-face {{ font-family: f; src: url({address}) }}</style>"
                    '<text font-family="f" y="20">x</text>'),
        "foreign": svg(f'<foreignObject><iframe src="{address}"/></foreignObject>'),
        "script": svg(f'<script href="{address}"/><script>fetch("{address}")</script>'),
        "nested": svg(f'<image href="{data("image/svg+xml", image)}" width="9" height="9"/>'),
        "entity": f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{address}">]>'
        + svg("<text y='9'>&x;</text>"),
        "sheet": f'<?xml-stylesheet href="{address}"?>' + svg("<text y='9'>x</text>"),
    }  # fmt: skip
    disguised = {name: data("image/svg+xml", text) for name, text in drawn.items()}
    return body.format(
        address,
        css=data("text/css", f"@import url({address}); p {{ background: url({address}) }}"),
        html=data("text/html", f'<img src="{address}">'),
        inline=image,
        **disguised,
    )


@pytest.mark.parametrize("way", WAYS)
def test_neither_a_machine_nor_a_file_is_reached(outside, way):
    server, file, asked = outside

    for address in (f"{server}/a.png", file, file.removeprefix("file://"), "ftp://127.0.0.1/a"):
        document = PdfReader(io.BytesIO(render_pdf(page(within(WAYS[way], address))).content))
        text = "".join(each.extract_text() for each in document.pages)
        assert SECRET not in text
        assert document.attachments == {}
        assert SECRET.encode() not in b"".join(
            each.get_contents().get_data() for each in document.pages
        )
    assert asked == []


@pytest.mark.parametrize("way", WAYS)
def test_nobody_who_edits_a_template_gets_so_far(way):
    body = within(WAYS[way], "https://example.com/a")
    style, _, rest = body.partition("</style>")
    text = f"{style}</style>{rest}" if body.startswith("<style>") else body

    with pytest.raises(LayoutRefused):
        read_layout(f"{HEAD}{text}")


def laughing():
    """An SVG whose entities would come to a thousand million letters."""
    names = "abcdefghij"
    entities = '<!ENTITY a "haha">'
    for before, one in pairwise(names):
        each = f"&{before};" * 10
        entities += f'<!ENTITY {one} "{each}">'
    return f"<!DOCTYPE svg [{entities}]>" + svg("<text y='9'>&j;</text>")


def png(side):
    """A PNG of so many pixels each way in black and white, small as a file."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compress((b"\x00" + b"\x00" * ((side + 7) // 8)) * side, 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


SELF = "<g id='a'><use href='#a'/></g>"
PATTERN = (
    "<pattern id='a' width='1' height='1'><rect fill='url(#a)' width='9' height='9'/></pattern>"
    "<rect fill='url(#a)' width='9' height='9'/>"
)


def drawing(text):
    return f'<img src="{data("image/svg+xml", text)}" alt="x">'


BOMBS = {
    "entities": lambda: drawing(laughing()),
    "itself in itself": lambda: drawing(svg(SELF)),
    "pattern of itself": lambda: drawing(svg(PATTERN)),
    "pixels": lambda: f'<img src="{data("image/png", png(40_000))}" alt="x">',
    "pixels again": lambda: f'<img src="{data("image/png", png(20_000))}" alt="x">' * 20,
    "columns": lambda: "<table><tr>" + "<td>x</td>" * 3000 + "</tr></table>",
    "spans": lambda: '<table><tr><td colspan="100000" rowspan="100000">x</td></tr></table>',
    "tables in tables": lambda: "<table><tr><td>" * 300 + "x" + "</td></tr></table>" * 300,
    "selectors": lambda: "<style>" + "p:not(" * 500 + "p" + ")" * 500 + "{color:red}</style>",
    "one word": lambda: "<p>" + "x" * 300_000 + "</p>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_take_everything_is_contained_and_the_next_document_is_made(settings, bomb):
    settings.DOCUMENT_RENDER_SECONDS = 10.0
    try:
        made = render_pdf(page(BOMBS[bomb]()))
    except (RenderFailed, RenderTimedOut):
        pass
    else:
        assert made.page_count < 100
        assert len(made.content) < 5_000_000
    settings.DOCUMENT_RENDER_SECONDS = 40.0

    assert render_pdf(page("<p>next</p>")).page_count == 1
