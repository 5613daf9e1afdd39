// One bar of the timeline: color is compliance, outline is status, and both are said in letters.

import { make } from "./dom.js";
import { words } from "./store.js";
import { clock, dayName } from "./zone.js";

export const LETTERS = { green: "G", amber: "A", red: "R", none: "–" };
const SAID = { green: "green", amber: "amber", red: "red", none: "not judged yet" };
// A stale color says nothing until it is judged anew.
export const letterOf = (bar) => LETTERS[bar.color] + (bar.isStale ? "?" : "");
export const saidOf = (bar) => (bar.isElsewhere ? "not judged there" : SAID[bar.color] + (bar.isStale ? ", stale: must be judged anew" : ""));
const OUTLINES = {
  proposed: "proposed",
  draft: "open",
  tentative: "open",
  active: "moving",
  out: "moving",
  off: "moving",
  on: "moving",
  diverted: "moving",
  ready: "firm",
  authorised: "firm",
  released: "firm",
  cancelled: "over",
  aborted: "over",
  rejected: "over",
};

export const outlineOf = (status) => OUTLINES[status] ?? "set";

export function barOf(bar, scale, store) {
  const name = nameOf(bar, store);
  const made = make(
    "button",
    {
      type: "button",
      class: `bar ${bar.kind} c-${bar.color} s-${outlineOf(bar.status)}${bar.isStale ? " stale" : ""}${bar.isFaint ? " faint" : ""}${bar.canMove ? " movable" : ""}`,
      "aria-label": name,
      title: name,
      tabindex: "-1",
      dataset: { key: bar.key },
    },
    make("span", { class: "mark" }, letterOf(bar)),
    make("span", { class: "text" }, bar.kind === "drone" ? bar.title || bar.number : bar.title),
  );
  place(made, bar.start, bar.end, scale);
  return made;
}

export function place(element, start, end, scale) {
  const left = Math.max(0, scale.at(start));
  element.style.left = `${left}%`;
  element.style.width = `${Math.min(100, scale.at(end)) - left}%`;
}

function nameOf(bar, store) {
  const { zone } = store;
  const when = `${dayName(bar.start, zone)} ${clock(bar.start, zone)} to ${clock(bar.end, zone)} (${clock(bar.start, "UTC")}Z–${clock(bar.end, "UTC")}Z)`;
  const limit = bar.limit ? `. ${bar.limit.text}` : "";
  const moves = bar.canMove ? "" : `. Fixed: ${bar.why}`;
  return `${bar.number} ${bar.title}, ${when}, ${words(bar.status)}, compliance ${saidOf(bar)}${limit}${moves}`;
}
