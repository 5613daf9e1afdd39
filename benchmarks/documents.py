"""
How quickly documents are laid out, and what it costs.

Needs no database. One process lays out `--count` documents, an itinerary and an invoice of 50
lines by turns, and is never replaced, so that what it keeps of each shows. Prints PDFs a second of
processor time and of the clock, p95, sizes, and memory along the way.
"""

import argparse
import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the settings

from documents.layout.filling import fill  # noqa: E402
from documents.layout.frame import MARKS, Label, Sender, framed  # noqa: E402
from documents.layout.language import read_layout  # noqa: E402
from documents.rendering import RenderProcess  # noqa: E402

COUNT = 1_000
LISTED = """<!--placeholders
number        Number
customer      Who it is for
rows[].a      First
rows[].b      Second
rows[].c      Third
rows[].d      Fourth
rows[].e      Fifth
total         Sum
-->
"""
ITINERARY = read_layout(
    LISTED
    + """<h1>Itinerary {{ number }}</h1><p class="lead">{{ customer }}</p>
{{#rows}}<div class="keep"><h2>{{ a }} to {{ b }}</h2><table class="facts">
<tr><th>Departure</th><td>{{ c }}</td></tr><tr><th>Arrival</th><td>{{ d }}</td></tr>
<tr><th>Handling</th><td>{{ e }}</td></tr></table></div>{{/rows}}
<div class="note">Please be at the terminal 30 minutes before departure.</div>"""
)
INVOICE = read_layout(
    LISTED
    + """<h1>Invoice {{ number }}</h1><p>{{ customer }}</p>
<table><thead><tr><th>Item</th><th>Leg</th><th class="number">Quantity</th>
<th class="number">Price</th><th class="number">Amount</th></tr></thead><tbody>
{{#rows}}<tr><td>{{ a }}</td><td>{{ b }}</td><td class="number">{{ c }}</td>
<td class="number">{{ d }}</td><td class="number">{{ e }}</td></tr>{{/rows}}
<tr class="total"><td colspan="4">Total</td><td class="number">{{ total }}</td></tr>
</tbody></table>"""
)
SENDER = Sender("Southern Air Ambulance", ("Hangar 4", "Bankstown NSW 2200"), "ABN 51 824 753 556")


def itinerary(n: int) -> str:
    """Four legs, with names of several scripts."""
    legs = [
        {
            "a": "Sydney",
            "b": "Dubbo",
            "c": f"2026-03-{n % 28 + 1:02} 08:15",
            "d": "09:20",
            "e": "李雷",
        }
        for _ in range(4)
    ]
    data = {"number": f"TR-{n}", "customer": "Владимир Ünger", "rows": legs}
    return page("Itinerary", n, fill(ITINERARY, data, {}))


def invoice(n: int) -> str:
    """Fifty lines."""
    rows = [
        {"a": f"Landing {line}", "b": "YSBK-YSDU", "c": "1", "d": "385.00", "e": f"{n}.{line:02}"}
        for line in range(50)
    ]
    data = {"number": f"IN-{n}", "customer": "Ann Example", "rows": rows, "total": "19,250.00"}
    return page("Invoice", n, fill(INVOICE, data, {}))


def page(title: str, n: int, body: str) -> str:
    """A whole document around a body."""
    label = Label(title, f"{n}", f"DC-{n}", 1, "ab" * 32, "2026-03-14T22:30:00Z", MARKS["internal"])
    return framed(body, "", label, SENDER)


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def processor_s(pid: int) -> float:
    """Processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(count: int) -> None:
    """Lay out and print."""
    settings.DOCUMENT_RENDER_RECYCLE = count + 10
    process = RenderProcess()
    request = {"do": "render", "identifier": "ab" * 16, "most_pages": 400}
    process.ask(request, itinerary(0).encode(), limit_s=60)
    pid = process.pid or 0
    times: dict[str, list[tuple[float, float]]] = {"itinerary": [], "invoice of 50 lines": []}
    sizes: dict[str, tuple[int, int]] = {}
    kept = [memory_mb(pid)]
    for n in range(count):
        name, make = ("itinerary", itinerary) if n % 2 else ("invoice of 50 lines", invoice)
        html = make(n).encode()
        began, used = time.perf_counter(), processor_s(pid)
        head, content = process.ask(request, html, limit_s=60)
        times[name].append((time.perf_counter() - began, processor_s(pid) - used))
        sizes[name] = (len(content), int(head["pages"]))
        if (n + 1) % max(count // 10, 1) == 0:
            kept.append(memory_mb(pid))
    for name, taken in times.items():
        clock, processor = ([each[i] for each in taken] for i in (0, 1))
        p95 = statistics.quantiles(clock, n=20)[-1]
        print(
            f"{name}: {len(processor) / sum(processor):.1f} PDF/s of one core,"
            f" {len(clock) / sum(clock):.1f} PDF/s by the clock, median"
            f" {statistics.median(clock) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms,"
            f" {sizes[name][0] / 1024:.0f} kB, {sizes[name][1]} pages"
        )
    print("resident MB along the way: " + " ".join(f"{each:.0f}" for each in kept))
    process.end()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT, help="documents")
    return parser.parse_args()


if __name__ == "__main__":
    run(arguments().count)
