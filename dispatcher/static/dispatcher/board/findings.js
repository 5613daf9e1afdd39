// What speaks against a move, in words: findings with their citation, bookings, refusals.

import { LETTERS } from "./bars.js";
import { make } from "./dom.js";
import { clock, dayName } from "./zone.js";

export function answerOf(checked, store) {
  const red = checked.findings.filter((each) => each.color === "red").length;
  return [
    make("p", { class: `verdict ${verdict(checked)}` }, sentence(checked, red)),
    away(checked, store),
    ...refusals(checked.refusals),
    ...bookings(checked.bookings, store),
    ...findings(checked.findings),
  ];
}

function verdict(checked) {
  if (checked.bookings.length || checked.refusals.length) return "no";
  return checked.is_permitted ? "yes" : "but";
}

function sentence(checked, red) {
  if (checked.refusals.length) return "It cannot be saved: the plan would refuse it.";
  if (checked.bookings.length) return `It cannot be saved: ${count(checked.bookings.length, "booking is", "bookings are")} in the way.`;
  if (!checked.is_permitted) return `${count(red, "red finding", "red findings")}. Say why they are taken on, or choose another time.`;
  return checked.findings.length ? "It can be saved. Mind what is below." : "It can be saved. No rule objects.";
}

const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

function away(checked, { zone }) {
  const day = dayName(Date.parse(checked.start_at), zone);
  const moment = (text) => {
    const at = Date.parse(text);
    return dayName(at, zone) === day ? clock(at, zone) : `${dayName(at, zone)} ${clock(at, zone)}`;
  };
  return make("p", { class: "away" }, `${moment(checked.start_at)}–${moment(checked.end_at)}, away ${moment(checked.occupied_from)}–${moment(checked.occupied_until)}, ${checked.travel_km.toFixed(1)} km of road.`);
}

function refusals(rows) {
  return rows.length ? [make("ul", { class: "found" }, rows.map((each) => make("li", {}, make("b", {}, each.message))))] : [];
}

export function bookings(rows, { zone }) {
  if (!rows?.length) return [];
  const moment = (text) => (text ? clock(Date.parse(text), zone) : "");
  return [
    make("h3", {}, "In the way"),
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ["Who", "Held by", "From", "Until"].map((each) => make("th", { scope: "col" }, each)))),
      make(
        "tbody",
        {},
        rows.map((each) => make("tr", {}, [each.resource, each.held_by || "Somebody else", moment(each.held_from), moment(each.held_until)].map((value) => make("td", {}, value || "—")))),
      ),
    ),
  ];
}

const WORST = { red: 0, amber: 1 };

export function findings(rows) {
  if (!rows?.length) return [];
  const sorted = [...rows].sort((one, other) => (WORST[one.color] ?? 2) - (WORST[other.color] ?? 2));
  return [
    make("h3", {}, "Findings"),
    make(
      "ul",
      { class: "found" },
      sorted.map((each) =>
        make(
          "li",
          {},
          make("span", { class: `badge c-${each.color}` }, LETTERS[each.color] ?? "?"),
          make("div", {}, make("b", {}, each.title || each.rule), make("p", {}, each.message), each.fix ? make("p", { class: "fix" }, each.fix) : "", make("small", {}, [each.rule, each.citation].filter(Boolean).join(" · "))),
        ),
      ),
    ),
  ];
}

// A problem document; what it names of bookings and findings is shown with it.
export function refusalOf(problem, store) {
  const details = problem.details ?? {};
  const fields = (problem.errors ?? []).map((each) => each.detail ?? each.message).filter(Boolean);
  return [
    make("p", { class: "verdict no" }, problem.message),
    ...(problem.status === 412 ? [make("p", {}, "Somebody changed it meanwhile. The board is read anew.")] : []),
    ...(fields.length ? [make("ul", { class: "found" }, fields.map((each) => make("li", {}, String(each))))] : []),
    ...bookings(details.bookings, store),
    ...findings(details.findings),
  ];
}
