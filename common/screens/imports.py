"""The import pages: choose a kind, hand in a sheet, look at what it would do, take it."""

import hashlib
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from common.exceptions import DomainError
from common.imports.kinds import ImportKind, import_kinds
from common.imports.running import REFUSED, UNCHANGED, Report, take_rows, try_rows
from common.imports.sheets import MOST_BYTES, MOST_ROWS, Line, Sheet, SheetRefused, read_sheet
from common.screens.frame import in_frame
from common.tables import CSV_TYPE, XLSX_TYPE, Table, as_csv, as_xlsx

# How long what was shown may be taken.
LASTS_S = 3600
SALT = "common.imports.shown"
ABOUT = (
    "Takes many records from one CSV or XLSX file. Choose a kind you may add, download its template"
    " and fill it in; every row is tried and shown before anything is kept."
)
ABOUT_KIND = (
    "{about} First the rows are tried: each is shown as new, changed, unchanged or refused, with"
    " the field and the reason. Then all of them are taken as shown, or none."
)


def imports_page(request: HttpRequest) -> HttpResponse:
    """The kinds that the person may add."""
    kinds = [kind for kind in import_kinds().values() if _may(request, kind)]
    if not kinds:
        raise PermissionDenied
    page = {"title": "Import", "about": ABOUT, "kinds": kinds}
    return in_frame(request, "common/screens/imports.html", page)


def import_page(request: HttpRequest, code: str) -> HttpResponse:
    """GET asks for a file; POST tries one, or takes the rows that were shown."""
    kind = _kind(request, code)
    page: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            if "shown" in request.POST:
                return _taken(request, kind)
            page = _tried(request, kind)
        except DomainError as refusal:
            page, status = {"refusal": str(refusal)}, refusal.status
    context = {
        "title": f"Import: {kind.title.lower()}",
        "about": ABOUT_KIND.format(about=kind.about),
        "kind": kind,
        "most_rows": MOST_ROWS,
        "most_kb": MOST_BYTES // 1000,
        **page,
    }
    return in_frame(request, "common/screens/import.html", context, status=status)


def import_template(request: HttpRequest, code: str, suffix: str) -> HttpResponse:
    """An empty sheet with the headings and one example."""
    kind = _kind(request, code)
    columns = [(column.name, column.name) for column in kind.columns]
    example = {column.name: column.example or None for column in kind.columns}
    table = Table(kind.code, columns, [example])
    made, kind_of_file = (as_csv, CSV_TYPE) if suffix == "csv" else (as_xlsx, XLSX_TYPE)
    answer = HttpResponse(made(table), content_type=kind_of_file)
    answer["Content-Disposition"] = f'attachment; filename="{kind.code}.{suffix}"'
    return answer


def _tried(request: HttpRequest, kind: ImportKind) -> dict[str, Any]:
    upload = request.FILES.get("file")
    if upload is None:
        raise SheetRefused("Choose a file.")
    if (upload.size or 0) > MOST_BYTES:
        raise SheetRefused(f"The file has more than {MOST_BYTES // 1000:,} kB.")
    data = upload.read()
    sheet = read_sheet(data)
    report = try_rows(kind, sheet, actor=request.user, at=timezone.now())
    counts = report.counts
    may_take = not counts[REFUSED] and counts[UNCHANGED] < len(report.outcomes)
    name = f"{str(upload.name)[:100]} sha256 {hashlib.sha256(data).hexdigest()}"
    shown = _sealed(request, sheet, report, name) if may_take else ""
    return {"report": report, "counts": counts, "shown": shown, "file_name": upload.name}


def _taken(request: HttpRequest, kind: ImportKind) -> HttpResponse:
    try:
        shown = signing.loads(request.POST["shown"], salt=SALT, max_age=LASTS_S)
    except signing.BadSignature as wrong:
        said = "What was shown is an hour old or was altered: hand in the file again."
        raise SheetRefused(said) from wrong
    if shown["user"] != request.user.pk or shown["kind"] != kind.code:
        raise SheetRefused("These rows were shown to somebody else, or are of another kind.")
    sheet = Sheet(shown["headings"], [Line(**line) for line in shown["lines"]])
    report = take_rows(
        kind, sheet, digest=shown["digest"], source=shown["name"], actor=request.user,
        at=timezone.now(),
    )  # fmt: skip
    messages.success(request, said_of(report))
    return HttpResponseRedirect(reverse("screens:import", args=[kind.code]))


def said_of(report: Report) -> str:
    """What became of a sheet, in one sentence."""
    counts = report.counts
    if counts[UNCHANGED] == len(report.outcomes):
        return f"{len(report.outcomes)} rows were there already as they are in the file."
    told = ", ".join(f"{count} {result}" for result, count in counts.items() if count)
    return f"{report.kind.title}: {told}."


def _sealed(request: HttpRequest, sheet: Sheet, report: Report, name: str) -> str:
    shown = {
        "user": request.user.pk,
        "kind": report.kind.code,
        "headings": sheet.headings,
        "lines": [asdict(line) for line in sheet.lines],
        "digest": report.digest,
        "name": name,
    }
    return signing.dumps(shown, salt=SALT, compress=True)


def _may(request: HttpRequest, kind: ImportKind) -> bool:
    user: Any = request.user
    return bool(user.has_perm(kind.permissions[0]))


def _kind(request: HttpRequest, code: str) -> ImportKind:
    kind = import_kinds().get(code)
    if kind is None:
        raise Http404
    if not _may(request, kind):
        raise PermissionDenied
    return kind
