"""What a delivered file is, by its first bytes; what it is called says nothing."""

LONGEST = 64
OCTETS = "application/octet-stream"
# Offset, first bytes, media type.
SIGNATURES = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    # BigTIFF: orthophotos over 4 GB.
    (0, b"II+\x00", "image/tiff"),
    (0, b"MM\x00+", "image/tiff"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"LASF", "application/vnd.las"),
    (0, b"ply\n", "model/ply"),
    (0, b"ply\r", "model/ply"),
    (0, b"glTF", "model/gltf-binary"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"SQLite format 3\x00", "application/geopackage+sqlite3"),
    (0, b'{"type"', "application/geo+json"),
)
# Programs, and pages that would run in a browser.
REFUSED = (
    b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"<script", b"<html",
    b"<!doctype html", b"<svg",
)  # fmt: skip

# What a system runs or a browser shows when somebody opens it, whatever its first bytes are.
RUN_WHEN_OPENED = tuple(
    f".{ending}"
    for ending in (
        *("app", "apk", "appimage", "bat", "cmd", "com", "command", "cpl", "deb", "desktop"),
        *("dll", "dmg", "exe", "gadget", "hta", "htm", "html", "jar", "js", "jse", "jsp", "lnk"),
        *("mht", "mhtml", "msi", "msix", "php", "pif", "pkg", "ps1", "rpm", "run", "scr", "sh"),
        *("svg", "svgz", "url", "vb", "vbe", "vbs", "wsf", "wsh", "xht", "xhtml"),
    )
)


def is_run_when_opened(file_name: str) -> bool:
    """Whether a file of this name is a program or a page to whoever opens it."""
    return file_name.rstrip(" .").lower().endswith(RUN_WHEN_OPENED)


def media_type_of(head: bytes) -> str | None:
    """The media type of a file that begins so; None for one that is not taken."""
    start = head[:LONGEST].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(tuple(mark.lower() for mark in REFUSED)):
        return None
    for offset, mark, name in SIGNATURES:
        if head[offset : offset + len(mark)] == mark:
            return name
    return OCTETS
