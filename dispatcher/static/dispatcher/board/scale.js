// The stretch of time that is shown, and where a moment stands in it.

import { clock, dayName, isoDay, momentOf, parts } from "./zone.js";

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
const QUARTER = 15 * MINUTE;

export function rangeOf(asked, zone, now) {
  const hours = Number(asked.span);
  if (!asked.day && hours < 24) {
    // A short range without a day goes along with the clock.
    const start = Math.floor((now - HOUR) / HOUR) * HOUR;
    return { since: start, until: start + hours * HOUR };
  }
  const day = asked.day || isoDay(now, zone);
  const since = momentOf(`${day}T${String(asked.hour).padStart(2, "0")}:00`, zone);
  if (hours % 24 || Number(asked.hour)) return { since, until: since + hours * HOUR };
  // Whole days end at midnight, also when daylight saving makes one of 23 or 25 hours.
  return { since, until: momentOf(`${isoDay(since + hours * HOUR + 2 * HOUR, zone)}T00:00`, zone) };
}

export class Scale {
  constructor({ since, until }) {
    this.since = since;
    this.until = until;
  }

  // Percent of the width.
  at(moment) {
    return ((moment - this.since) / (this.until - this.since)) * 100;
  }

  shown(start, end) {
    return start < this.until && end > this.since;
  }

  // Milliseconds of so many pixels of a lane.
  of(pixels, width) {
    return (pixels / width) * (this.until - this.since);
  }

  ticks(zone, width) {
    const hours = (this.until - this.since) / HOUR;
    const most = Math.max(2, Math.floor(width / 56));
    const step = [1, 2, 3, 6, 12, 24].find((each) => hours / each <= most) ?? 24;
    const found = [];
    // Full hours of a zone may be half or three quarters past those of UTC.
    for (let moment = Math.ceil(this.since / QUARTER) * QUARTER; moment < this.until; moment += QUARTER) {
      const local = parts(moment, zone);
      if (local.minute === 0 && local.hour % step === 0) found.push(this.tick(moment, zone, local.hour, step));
    }
    return found;
  }

  tick(moment, zone, hour, step) {
    return {
      moment,
      isDay: hour === 0,
      local: hour === 0 || step === 24 ? dayName(moment, zone) : clock(moment, zone),
      utc: `${clock(moment, "UTC")}Z`,
    };
  }
}
