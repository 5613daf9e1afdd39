from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request

MAX_PAGE_SIZE = 200
MAX_OFFSET = 1_000_000


class BoundedPageNumberPagination(PageNumberPagination):
    """Pages of at most 200 rows; what is not a page number within reach is a 400, not a guess."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int | None:
        return _page_size(request, self.page_size)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        page = _positive(request.query_params.get("page", "1"), "page")
        if page * (self.get_page_size(request) or 1) > MAX_OFFSET:
            raise ValidationError({"page": f"Only the first {MAX_OFFSET} rows have page numbers."})
        return super().paginate_queryset(queryset, request, view)


class NewestFirstCursorPagination(CursorPagination):
    """For logs and events: steady under inserts, and as quick on the last page as on the first."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        return _page_size(request, self.page_size)


def _page_size(request: Request, default: int) -> int:
    size = _positive(request.query_params.get("page_size", str(default)), "page_size")
    if size > MAX_PAGE_SIZE:
        raise ValidationError({"page_size": f"At most {MAX_PAGE_SIZE}."})
    return size


def _positive(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0):
        raise ValidationError({name: "A positive whole number."})
    return int(text)
