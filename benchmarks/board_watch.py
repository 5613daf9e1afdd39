"""The board watched for a long time: how late positions are drawn, and whether it grows."""

import statistics
import sys
from typing import Any

GOAL_LATE_MS, GOAL_GROWTH = 1000, 0.2
# What is young is not yet settled: code is compiled, trails fill up.
SETTLED_AFTER_MIN = 5

# Counts in bins of a millisecond, so that the counting itself does not grow.
_LISTEN = """
() => {
  const bins = new Uint32Array(20001);
  const waiting = [];
  const parse = JSON.parse;
  JSON.parse = (text, ...more) => {
    const value = parse(text, ...more);
    const isPosition = value && value.recorded_at && value.operation && value.lat !== undefined;
    if (isPosition) waiting.push(value);
    return value;
  };
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...given) {
    if (this.canvas.classList.contains("movers")) {
      const now = performance.timeOrigin + performance.now();
      for (const each of waiting.splice(0)) {
        const late = Math.round(now - Date.parse(each.recorded_at));
        bins[Math.min(20000, Math.max(0, late))]++;
      }
    }
    return clear.apply(this, given);
  };
  window.late = bins;
}
"""
_LATE = """
() => {
  const bins = window.late;
  const count = bins.reduce((sum, each) => sum + each, 0);
  const at = (share) => {
    let seen = 0;
    return bins.findIndex((each) => (seen += each) >= share * count);
  };
  return { drawn: count, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
}
"""


def watched(page: Any, minutes: int) -> dict[str, Any]:
    """Positions drawn over so many minutes: how late, and what the page holds after each."""
    probe = page.context.new_cdp_session(page)
    probe.send("Performance.enable")
    page.evaluate(_LISTEN)
    by_minute = []
    for minute in range(1, minutes + 1):
        page.wait_for_timeout(60_000)
        by_minute.append(held(probe))
        told = f"\r{minute} of {minutes} minutes, {by_minute[-1]['heap_mb']} MB held"
        print(told, end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {"late": page.evaluate(_LATE), "held": summary(by_minute)}


def held(probe: Any) -> dict[str, float]:
    """What the page still holds once rubbish is collected."""
    probe.send("HeapProfiler.collectGarbage")
    found = {
        each["name"]: each["value"] for each in probe.send("Performance.getMetrics")["metrics"]
    }
    return {
        "heap_mb": round(found["JSHeapUsedSize"] / 1e6, 2),
        "nodes": found["Nodes"],
        "listeners": found["JSEventListeners"],
    }


def summary(by_minute: list[dict[str, float]]) -> dict[str, Any]:
    """First and last five minutes after it has settled, and each tenth of the time."""
    settled = by_minute[SETTLED_AFTER_MIN:] or by_minute
    few = max(1, min(5, len(settled) // 2))
    early, late = (
        statistics.median(each["heap_mb"] for each in part)
        for part in (settled[:few], settled[-few:])
    )
    step = max(1, len(by_minute) // 10)
    return {
        "by_time": by_minute[::step],
        "last": by_minute[-1],
        "early_mb": early,
        "late_mb": late,
        "growth": round(late / early - 1, 3),
    }


def goals(found: dict[str, Any]) -> dict[str, bool]:
    return {
        f"positions drawn, p95 under {GOAL_LATE_MS} ms": (
            found["late"]["drawn"] > 0 and found["late"]["p95_ms"] < GOAL_LATE_MS
        ),
        f"grows less than {GOAL_GROWTH:.0%}": found["held"]["growth"] < GOAL_GROWTH,
    }
