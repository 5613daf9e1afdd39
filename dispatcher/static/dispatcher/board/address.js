// What is shown is in the address: it survives a reload and can be sent to a colleague.

const KNOWN = {
  center: "",
  day: "",
  hour: "0",
  span: "12",
  rows: "aircraft",
  colors: "",
  kind: "",
  find: "",
  chosen: "",
};

export const SPANS = [6, 12, 24, 72, 168];

export function readAddress() {
  const given = new URLSearchParams(location.search);
  const found = {};
  for (const [name, usual] of Object.entries(KNOWN)) found[name] = (given.get(name) ?? usual).slice(0, 64);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(found.day)) found.day = "";
  if (!SPANS.includes(Number(found.span))) found.span = KNOWN.span;
  if (!(Number(found.hour) >= 0 && Number(found.hour) < 24)) found.hour = KNOWN.hour;
  if (!["aircraft", "pilot"].includes(found.rows)) found.rows = KNOWN.rows;
  if (!["", "drone", "crewed"].includes(found.kind)) found.kind = KNOWN.kind;
  found.colors = found.colors.split(",").filter((each) => ["green", "amber", "red", "none", "stale"].includes(each)).join(",");
  return found;
}

export function writeAddress(asked) {
  const kept = Object.entries(asked).filter(([name, value]) => name in KNOWN && value !== KNOWN[name]);
  const text = new URLSearchParams(kept).toString();
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}
