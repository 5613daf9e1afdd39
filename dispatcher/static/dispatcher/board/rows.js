// Which rows the timeline has, and which bars stand in each.

import { words } from "./store.js";

export function matches(bar, asked, store) {
  if (asked.kind && bar.kind !== asked.kind) return false;
  const colors = asked.colors ? asked.colors.split(",") : [];
  if (colors.length && !colors.some((color) => isOf(bar, color))) return false;
  return !asked.find || textOf(bar, store).includes(asked.find.toLowerCase());
}

// A stale green is no green; a stale red is still looked at with the red ones.
export function isOf(bar, color) {
  if (color === "stale") return bar.isStale;
  return bar.color === color && !(color === "green" && bar.isStale);
}

function textOf(bar, store) {
  const machine = bar.kind === "drone" ? store.aircraft.get(bar.aircraft)?.registration : store.tails.get(bar.aircraft)?.tail_number;
  const crew = bar.kind === "drone" ? bar.people.map((each) => store.pilots.get(each)?.name) : bar.record.crew_lines.map((each) => each.name);
  return [bar.number, bar.title, words(bar.status), machine, ...crew].join(" ").toLowerCase();
}

export function rowsOf(bars, asked, store) {
  const groups = asked.rows === "pilot" ? byPeople(bars, store) : byMachines(bars, store);
  const kinds = groups.filter((each) => !asked.kind || each.kind === asked.kind);
  return kinds.map((group) => ({ ...group, rows: group.rows.filter((row) => row.bars.length || !asked.find) }));
}

function byMachines(bars, store) {
  const drones = [...store.aircraft.values()].map((each) => ({
    id: `d${each.id}`,
    name: each.registration,
    about: [each.make, each.model].join(" "),
    warning: each.is_grounded ? "Grounded: major defect" : each.status === "in_service" ? "" : words(each.status),
    bars: bars.filter((bar) => bar.kind === "drone" && bar.aircraft === each.id),
  }));
  const tails = [...store.tails.values()].map((each) => ({
    id: `t${each.id}`,
    name: each.tail_number,
    about: [each.designator, each.base_ident].filter(Boolean).join(" at "),
    warning: "",
    bars: bars.filter((bar) => bar.kind === "crewed" && bar.aircraft === each.id),
  }));
  return [
    { kind: "drone", title: "Drones", rows: withRest(drones, bars, "drone", "Not listed") },
    { kind: "crewed", title: "Crewed aircraft (read only)", rows: withRest(tails, bars, "crewed", "Not listed") },
  ];
}

function byPeople(bars, store) {
  const pilots = [...store.pilots.values()].map((each) => ({
    id: `p${each.id}`,
    name: each.name,
    about: "Remote pilot",
    warning: "",
    bars: bars.filter((bar) => bar.kind === "drone" && bar.people.includes(each.id)),
  }));
  const crew = new Map();
  for (const bar of bars.filter((each) => each.kind === "crewed")) {
    for (const line of bar.record.crew_lines) {
      if (!crew.has(line.person_id)) {
        crew.set(line.person_id, { id: `c${line.person_id}`, name: line.name || "Somebody", about: words(line.role), warning: "", bars: [] });
      }
      crew.get(line.person_id).bars.push(bar);
    }
  }
  const crewed = [...crew.values()].sort((one, other) => one.name.localeCompare(other.name));
  return [
    { kind: "drone", title: "Remote pilots", rows: withRest(pilots, bars, "drone", "Nobody listed") },
    { kind: "crewed", title: "Crew (read only)", rows: withRest(crewed, bars, "crewed", "Nobody listed") },
  ];
}

// What belongs to nobody and nothing of the rows above, such as a retired aircraft, is shown all the same.
function withRest(rows, bars, kind, name) {
  const placed = new Set(rows.flatMap((row) => row.bars));
  const rest = bars.filter((bar) => bar.kind === kind && !placed.has(bar));
  return rest.length ? [...rows, { id: `${kind}-rest`, name, about: "", warning: "Retired, gone or nobody yet", bars: rest }] : rows;
}

// Bars that overlap stand under each other.
export function lanesOf(bars) {
  const ends = [];
  const placed = [...bars].sort((one, other) => one.start - other.start || one.end - other.end).map((bar) => {
    let lane = ends.findIndex((end) => end <= bar.start);
    if (lane < 0) lane = ends.push(0) - 1;
    ends[lane] = bar.end;
    return { bar, lane };
  });
  return { placed, count: Math.max(1, ends.length) };
}
