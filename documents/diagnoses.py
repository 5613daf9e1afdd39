"""The doctor's examination of the renderer."""

from collections.abc import Iterator

from common.diagnosis import Trouble, examination
from documents.exceptions import RendererBusy, RenderFailed, RenderTimedOut
from documents.rendering import end_renderers, render_pdf

PAGE = "<html lang='en'><title>Doctor</title><p>Ab 1 Ж ก</p></html>"


@examination("documents.renderer", "Papers can be laid out", needs_database=False)
def papers_can_be_laid_out() -> Iterator[Trouble]:
    """Lay one page out, in the process that papers are laid out in."""
    try:
        render_pdf(PAGE)
    except (RenderFailed, RenderTimedOut, RendererBusy) as refusal:
        yield Trouble(
            str(refusal),
            "Check DOCUMENT_RENDER_MEMORY_MB, and that Pango and the fonts are there: script/server"
            " installs them.",
        )
    finally:
        end_renderers()
