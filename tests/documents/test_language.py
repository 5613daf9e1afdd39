import pytest

from documents.exceptions import DocumentTooLarge, LayoutRefused, SnapshotRefused
from documents.layout import filling
from documents.layout.filling import fill
from documents.layout.language import read_layout
from documents.layout.placeholders import paths_of

LIST = """<!--placeholders
number         Number
is_late        Whether it is late
where.from     From
link           Address
legs[]         Legs
legs[].from    From
legs[].crew[].name  Who
tags[]         Words
picture:map    Map
-->
"""


def filled(body, data, **pictures):
    return fill(read_layout(LIST + body), data, pictures)


def test_values_are_shown_and_escaped():
    html = filled('<p title="{{ number }}">{{ number }}</p>', {"number": "<b>\"1\" & '2'</b>"})

    escaped = "&lt;b&gt;&quot;1&quot; &amp; &#x27;2&#x27;&lt;/b&gt;"
    assert html.strip() == f'<p title="{escaped}">{escaped}</p>'


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0, "0"), (2.5, "2.5"), (True, "yes"), (False, "no"), ("a\x00b", "a\ufffdb")],
)
def test_values_of_every_kind(value, shown):
    assert filled("{{number}}", {"number": value}).strip() == shown


def test_a_placeholder_in_a_value_stays_as_it_is():
    assert filled("{{number}}", {"number": "{{ is_late }}"}).strip() == "{{ is_late }}"


def test_rows_are_repeated_and_see_what_surrounds_them():
    body = (
        "{{#legs}}<p>{{from}} {{number}}{{#crew}} {{name}}{{/crew}}</p>{{/legs}}{{^legs}}0{{/legs}}"
    )
    legs = [{"from": "YSBK", "crew": [{"name": "A"}, {"name": "B"}]}, {"from": "YSCB"}]

    assert filled(body, {"number": 7, "legs": legs}).strip() == ("<p>YSBK 7 A B</p><p>YSCB 7</p>")
    assert filled(body, {"legs": []}).strip() == "0"


def test_a_row_without_a_value_does_not_show_that_of_its_surroundings():
    listed = LIST.replace("where.from     From", "from  Outer")
    layout = read_layout(listed + "{{#legs}}[{{from}}]{{/legs}}{{from}}")

    assert fill(layout, {"from": "outer", "legs": [{}]}, {}).strip() == "[]outer"


def test_groups_values_words_and_pictures():
    body = (
        "{{#where}}{{from}}{{/where}}{{#is_late}} late{{/is_late}}{{^is_late}} good{{/is_late}}"
        '{{#tags}} {{.}}{{/tags}}{{#picture:map}}<img src="{{picture:map}}" alt="m">'
        "{{/picture:map}}{{^picture:map}} none{{/picture:map}}"
    )

    assert filled(body, {"where": {"from": "A"}, "tags": ["x", "y"]}).strip() == "A good x y none"
    assert filled(body, {"is_late": True}, map="data:image/png;base64,AA").strip() == (
        'late<img src="data:image/png;base64,AA" alt="m">'
    )


@pytest.mark.parametrize("address", ["https://example.com/a?b=1&c", "mailto:a@example.com"])
def test_a_link_leads_to_an_address(address):
    html = filled('<a href="{{ link }}">x</a>', {"link": address})

    assert address.replace("&", "&amp;") in html


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "//evil", "data:x"]
)
def test_a_link_leads_nowhere_else(address):
    with pytest.raises(SnapshotRefused):
        filled('<a href="{{ link }}">x</a>', {"link": address})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{{ secret }}", "not among the placeholders"),
        ("{{ number.__class__ }}", "not among the placeholders"),
        ("{{ __class__ }}", "not among the placeholders"),
        ("{{ legs }}", "not among the placeholders"),
        ("{{ where }}", "not among the placeholders"),
        ("{{ from }}", "not among the placeholders"),
        ("{{ . }}", "section of rows"),
        ("{{#number}}", "not closed"),
        ("{{/number}}", "closes another"),
        ("{{#legs}}{{/tags}}", "closes another"),
        ("{{ picture:map }}", "src of an <img>"),
        ('<img src="{{picture:plan}}" alt="">', "not among the pictures"),
        ("{{{ number }}}", "neither a tag"),
        ("{{& number }}", "neither a tag"),
        ("{{> base }}", "neither a tag"),
        ("{{= <% %> =}}", "neither a tag"),
        ("{% load x %}<p>", "not closed"),
        ("{{ number|safe }}", "neither a tag"),
        ("{{ 7*7 }}", "neither a tag"),
        ("{{#legs}}<p>{{/legs}}</p>", "not closed where"),
        ("<p>{{#legs}}</p>{{/legs}}", "closes what"),
        ("<p><b></p></b>", "closes what"),
        ("<p>", "not closed"),
        ("</p>", "closes what"),
        ("<div>" * 41, "deep"),
        ("{{#legs}}" * 9, "deep"),
        ("<P>x</P>", "neither a tag"),
        ("<!DOCTYPE html>", "neither a tag"),
        ("<?xml version='1'?>", "neither a tag"),
        ("<![CDATA[x]]>", "neither a tag"),
        ("a < b", "neither a tag"),
        ("<p class=x>y</p>", "neither a tag"),
        ('<p class="a" class="b">y</p>', "twice"),
    ],
)
def test_what_is_not_in_the_language_is_refused(body, reason):
    with pytest.raises(LayoutRefused, match=reason.replace("(", r"\(")):
        read_layout(LIST + body)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<link rel="stylesheet" href="https://example.com/x">',
        '<iframe src="https://example.com"></iframe>',
        '<object data="x"></object>',
        '<embed src="x">',
        '<svg><image href="file:///etc/passwd"></image></svg>',
        '<base href="file:///">',
        '<meta charset="x">',
        '<form action="x"></form>',
        '<p onclick="x">y</p>',
        '<img src="file:///etc/passwd" alt="x">',
        '<img src="https://example.com/x.png" alt="x">',
        '<img src="data:image/svg+xml;base64,AA" alt="x">',
        '<img src="{{number}}" alt="x">',
        '<img src="data:image/png;base64,{{number}}" alt="x">',
        '{{#tags}}<img src="data:image/png;base64,{{.}}" alt="x">{{/tags}}',
        '<img alt="x">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="file:///etc/passwd">x</a>',
        '<a href="https://{{number}}">x</a>',
        '<a href="{{number}}{{number}}">x</a>',
        '<p id="{{number}}">x</p>',
        '<p style="color: {{number}}">x</p>',
        '<p style="background: url(file:///etc/passwd)">x</p>',
        '<p style="background-image: url(https://example.com/x)">x</p>',
        '<p style="behavior: x">x</p>',
        '<td colspan="100000">x</td>',
        "<p>x</p><style>p { color: red }</style>",
        '<p rel="attachment">x</p>',
    ],
)
def test_html_that_is_not_listed_is_refused(body):
    with pytest.raises(LayoutRefused):
        read_layout(LIST + body)


@pytest.mark.parametrize(
    "css",
    [
        "@import url(https://example.com/x.css);",
        '@import "file:///etc/passwd";',
        "@font-face { font-family: x; src: url(file:///etc/passwd) }",
        "@namespace svg url(x);",
        "p { background: url(file:///etc/passwd) }",
        'p { background: url( "https://example.com/x" ) }',
        "p { background: u\\72l(file:///etc/passwd) }",
        "p { content: attr(title) }",
        "p { background: image-set('x' 1x) }",
        "p { color: var(--x) }",
        "p { --x: 1 }",
        "p { width: expression(1) }",
        "p { bookmark-label: x }",
        "p { string-set: x content() }",
        "p { position: running(x) }",
        "@page { @bottom-left { content: element(x) } }",
        "@media print { p { behavior: url(x) } }",
        "p { color: red; } }",
        "p { a { color: red } }",
        "p { {{number}}: red }",
    ],
)
def test_css_that_is_not_listed_is_refused(css):
    with pytest.raises(LayoutRefused):
        read_layout(f"{LIST}<style>{css}</style><p>x</p>")


def test_css_that_is_listed_is_kept():
    css = (
        "@page { size: A4 landscape; @top-right { content: counter(page) } }"
        " p:nth-child(2n) > b { color: rgb(1, 2, 3) }"
    )

    assert read_layout(f"{LIST}<style>{css}</style><p>x</p>").style == css


def test_a_refusal_names_the_line():
    with pytest.raises(LayoutRefused) as refusal:
        read_layout(LIST + "<p>a</p>\n<p>{{ secret }}</p>")

    assert refusal.value.details["line"] == LIST.count("\n") + 2


def test_css_refusal_names_the_line():
    with pytest.raises(LayoutRefused) as refusal:
        read_layout(LIST + "<style>\np { color: red }\np { behavior: x }</style>")

    assert refusal.value.details["line"] == LIST.count("\n") + 3


def test_an_edited_template_may_show_what_is_listed_and_lists_nothing_itself():
    allowed = read_layout(LIST).placeholders

    assert fill(read_layout("<p>{{number}}</p>", allowed=allowed), {"number": 1}, {}) == "<p>1</p>"
    with pytest.raises(LayoutRefused):
        read_layout("<!--placeholders\nsecret x\n--><p>{{secret}}</p>", allowed=allowed)


def test_too_many_rows_and_letters_are_refused(monkeypatch):
    body = "<table>{{#legs}}<tr><td>{{from}}</td></tr>{{/legs}}</table>"
    with pytest.raises(DocumentTooLarge):
        filled(body, {"legs": [{"from": "A"}] * 5000})

    monkeypatch.setattr(filling, "MOST_CHARACTERS", 100)
    with pytest.raises(DocumentTooLarge):
        filled("{{number}}", {"number": "x" * 101})


@pytest.mark.parametrize(
    "data", [{"legs": {"from": "A"}}, {"legs": [{"from": ["A"]}]}, {"where": "A"}]
)
def test_data_of_another_shape_is_refused(data):
    with pytest.raises(SnapshotRefused):
        filled("{{#legs}}{{from}}{{/legs}}{{#where}}{{from}}{{/where}}", data)


def test_a_template_sees_mappings_only_never_an_object():
    class Secretive:
        from_ = "x"

    assert filled("{{#legs}}[{{from}}]{{/legs}}", {"legs": [Secretive()]}).strip() == "[]"


def test_the_paths_of_a_snapshot():
    data = {"number": 1, "where": {"from": "A"}, "legs": [{"from": "A", "crew": []}], "tags": ["a"]}

    assert paths_of(data, ["map"]) == [
        "number", "where.from", "legs[]", "legs[].from", "legs[].crew[]", "tags[]", "picture:map",
    ]  # fmt: skip
