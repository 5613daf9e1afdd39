// Times in the center's zone and in UTC, without a library.

const MINUTE = 60_000;
const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options }));
  }
  return formats.get(key);
}

const CLOCK = { hour: "2-digit", minute: "2-digit" };
const SECONDS = { ...CLOCK, second: "2-digit" };
// As the reader wants local times; UTC, what is typed and what is counted with have 24 hours.
let hours = {};
const WHOLE = { year: "numeric", month: "2-digit", day: "2-digit", ...SECONDS };

export function showClock(wanted) {
  hours = wanted === "12" ? { hourCycle: "h12", hour: "numeric" } : {};
}

const shown = (zone, options) => format(zone, zone === "UTC" ? options : { ...options, ...hours });
export const clock = (moment, zone) => shown(zone, CLOCK).format(moment);
export const seconds = (moment, zone) => shown(zone, SECONDS).format(moment);
// The zone's short name at a moment, such as AEDT; with its offset where it has none.
export const zoneName = (moment, zone) => format(zone, { timeZoneName: "short" }).formatToParts(moment).find((part) => part.type === "timeZoneName").value;
export const dayName = (moment, zone) => format(zone, { weekday: "short", day: "numeric", month: "short" }).format(moment);

export function parts(moment, zone) {
  const found = {};
  for (const { type, value } of format(zone, WHOLE).formatToParts(moment)) found[type] = Number(value);
  return found;
}

export function isoDay(moment, zone) {
  const { year, month, day } = parts(moment, zone);
  return `${year}-${two(month)}-${two(day)}`;
}

export const isoLocal = (moment, zone) => `${isoDay(moment, zone)}T${format(zone, CLOCK).format(moment)}`;

// The moment that a local clock shows; of one that daylight saving skips, the moment after.
export function momentOf(local, zone) {
  const [day, time = "00:00"] = local.split("T");
  const [year, month, date] = day.split("-").map(Number);
  const [hour, minute] = time.split(":").map(Number);
  const wanted = Date.UTC(year, month - 1, date, hour, minute);
  let found = wanted - offset(wanted, zone);
  found = wanted - offset(found, zone);
  return found;
}

function offset(moment, zone) {
  const { year, month, day, hour, minute, second } = parts(moment, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
}

// "4 min", "2 h 05", "3 d": how long, for a glance.
export function span(milliseconds) {
  const minutes = Math.floor(Math.abs(milliseconds) / MINUTE);
  if (minutes < 1) return `${Math.floor(Math.abs(milliseconds) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)}`;
  return `${Math.floor(minutes / 1440)} d`;
}

const two = (value) => String(value).padStart(2, "0");
