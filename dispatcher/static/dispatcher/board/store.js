// What the board knows: the overview, and each message of the stream on top of it.

import { settled } from "./api.js";

const FLOWN = new Set(["landed", "logged", "finalised"]);
const OVER = new Set(["cancelled", "aborted", "rejected"]);
const SUBJECTS = { "flight_operations.flightoperation": "operations", "operations.trip": "trips" };
const at = (text) => (text ? Date.parse(text) : null);

export class Store {
  constructor() {
    this.board = null;
    this.readAt = null;
    this.operations = new Map();
    this.byNumber = new Map();
    this.legs = new Map();
    this.assignments = new Map();
    this.events = new Map();
    this.areas = new Map();
    this.skew = 0;
    this.readings = 0;
  }

  // The server's clock: a desk's own may be minutes off.
  get now() {
    return Date.now() + this.skew;
  }

  get zone() {
    return this.board ? this.board.center.timezone : "UTC";
  }

  clear() {
    this.board = null;
    this.readAt = null;
    for (const each of [this.operations, this.byNumber, this.legs, this.assignments, this.events, this.areas]) each.clear();
  }

  take(board) {
    this.board = board;
    // The server's moment: it read the rows then, not when they arrived.
    this.readAt = at(board.now);
    this.readings++;
    this.skew = at(board.now) - Date.now();
    this.operations = new Map(board.operations.map((each) => [each.id, each]));
    this.byNumber = new Map(board.operations.map((each) => [each.number, each]));
    this.legs = new Map(board.legs.map((each) => [each.id, each]));
    this.assignments = new Map(board.assignments.map((each) => [each.id, { ...each, is_pinned: Boolean(each.pinned_at) }]));
    this.events = new Map(board.events.map((each) => [each.number, each]));
    this.aircraft = new Map(board.aircraft.map((each) => [each.id, each]));
    this.tails = new Map(board.crewed_aircraft.map((each) => [each.id, each]));
    this.pilots = new Map(board.pilots.map((each) => [each.id, each]));
  }

  // Says what changed: "bars", "events", or "reread" when only the server knows.
  hear(event, data) {
    const handler = this[`on_${event}`];
    return handler && this.board ? handler.call(this, data) : "";
  }

  on_status(data) {
    if (data.type === "operation") return this.changed(this.operations, data);
    if (data.type === "leg") return this.changed(this.legs, data);
    const legs = [...this.legs.values()].filter((each) => each.trip_id === data.id);
    for (const leg of legs) leg.trip_status = data.status;
    return legs.length ? "bars" : "";
  }

  on_times(data) {
    const known = data.type === "leg" ? this.legs : this.operations;
    const heard = data.rows.map(({ start_at, end_at, ...more }) =>
      this.changed(known, start_at ? { ...more, planned_start_at: start_at, planned_end_at: end_at } : more),
    );
    // Crew, aircraft and area may be others with the times.
    return heard.some(Boolean) ? "reread" : "";
  }

  // What is unknown and in the range, or in the air, is read; of other days nothing is.
  changed(known, said) {
    if (known.has(said.id)) return patch(known.get(said.id), said);
    const start = at(said.planned_start_at ?? said.estimated_out_at);
    const end = at(said.planned_end_at ?? said.estimated_in_at);
    const isShown = start < at(this.board.until) && end > at(this.board.since);
    return isShown || said.status === "active" ? "reread" : "";
  }

  on_colors(rows) {
    for (const { type, id, color, is_stale } of rows) {
      const said = { compliance: color, is_stale };
      if (SUBJECTS[type] === "operations" && this.operations.has(id)) Object.assign(this.operations.get(id), said);
      if (SUBJECTS[type] === "trips") {
        for (const leg of this.legs.values()) if (leg.trip_id === id) Object.assign(leg, said);
      }
    }
    return "bars";
  }

  on_assignments(rows) {
    const shown = new Set(this.board.schedules.map((each) => each.id));
    if (!rows.some((row) => shown.has(row.schedule_id))) return "";
    for (const row of rows) {
      if (row.status === "withdrawn") this.assignments.delete(row.id);
      else if (this.assignments.has(row.id)) this.assignments.set(row.id, { ...this.assignments.get(row.id), ...row });
    }
    return "reread";
  }

  on_schedule(data) {
    return data.center === this.board.center.code ? "reread" : "";
  }

  on_event(data) {
    if (data.center !== this.board.center.code) return "";
    if (data.status === "resolved") this.events.delete(data.number);
    else this.events.set(data.number, { ...this.events.get(data.number), ...data });
    return "events";
  }

  on_alert_raised(alert) {
    return patch(this.byNumber.get(alert.operation), { conformance: "nonconforming" });
  }

  on_alert_worsened(alert) {
    return this.on_alert_raised(alert);
  }

  // Another alert may still be open: only the server knows.
  on_alert_ended(alert) {
    return this.byNumber.has(alert.operation) ? "reread" : "";
  }

  // Everything to be drawn in time: operations as the plan has them, and legs.
  bars() {
    const proposed = new Map();
    const published = new Map();
    for (const each of this.assignments.values()) (each.status === "proposed" ? proposed : published).set(each.operation_id, each);
    const drones = [...this.operations.values()].map((each) => this.droneBar(each, proposed.get(each.id), published.get(each.id)));
    return [...drones, ...[...this.legs.values()].map((each) => this.legBar(each))];
  }

  droneBar(operation, proposed, published) {
    const isDone = FLOWN.has(operation.status) || operation.status === "active";
    const plan = isDone ? null : proposed;
    const start = at(operation.actual_start_at) ?? at(plan?.start_at ?? operation.planned_start_at);
    const planned = at(plan?.end_at ?? operation.planned_end_at);
    const end = at(operation.actual_end_at) ?? (operation.status === "active" ? Math.max(planned, this.now) : planned);
    const held = plan ?? published;
    // The verdict is about the operation as it is stored, not about what is proposed.
    const isElsewhere = Boolean(plan) && differs(plan, operation);
    return {
      key: `o${operation.id}`,
      kind: "drone",
      record: operation,
      assignment: held ?? null,
      start,
      end: Math.max(end, start + 60_000),
      occupied: held && !isDone ? [at(held.occupied_from), at(held.occupied_until)] : null,
      number: operation.number,
      title: operation.title,
      status: plan ? "proposed" : operation.status,
      isFaint: OVER.has(operation.status) || FLOWN.has(operation.status),
      color: isElsewhere ? "none" : (operation.compliance ?? "none"),
      isStale: operation.is_stale && !isElsewhere,
      isElsewhere,
      limit: isElsewhere ? null : operation.forecast,
      aircraft: plan?.aircraft_id ?? operation.aircraft_id,
      people: [plan?.pilot_id ?? operation.pilot_id],
      canMove: settled.movable.includes(operation.status) && operation.is_of_center && !held?.is_pinned,
      why: this.whyFixed(operation, held),
    };
  }

  whyFixed(operation, held) {
    if (!operation.is_of_center) return "Another center answers for this operation.";
    if (held?.is_pinned) return "The assignment is pinned.";
    if (!settled.movable.includes(operation.status)) return `It is ${words(operation.status)}: it is not planned any more.`;
    return "";
  }

  legBar(leg) {
    const start = at(leg.actual_off_at) ?? at(leg.estimated_out_at);
    return {
      key: `l${leg.id}`,
      kind: "crewed",
      record: leg,
      assignment: null,
      start,
      end: Math.max(at(leg.actual_on_at) ?? at(leg.estimated_in_at), start + 60_000),
      occupied: null,
      number: leg.trip_number,
      title: `${leg.origin_ident}–${leg.diverted_ident ?? leg.destination_ident}`,
      status: leg.status,
      isFaint: ["in", "cancelled"].includes(leg.status),
      color: leg.compliance ?? "none",
      isStale: leg.is_stale,
      isElsewhere: false,
      limit: leg.forecast,
      aircraft: leg.aircraft_id,
      people: leg.crew_lines.map((each) => each.person_id),
      canMove: false,
      why: "Crewed legs are changed on their trip's own page.",
    };
  }

  // The open plan of a day that a moment belongs to, if there is one.
  scheduleAt(moment) {
    return this.board.schedules.find((each) => at(each.opens_at) <= moment && moment < at(each.closes_at)) ?? null;
  }
}

function patch(record, changes) {
  if (!record) return "";
  for (const [name, value] of Object.entries(changes)) if (name in record) record[name] = value;
  return "bars";
}

const differs = (plan, operation) =>
  at(plan.start_at) !== at(operation.planned_start_at) || plan.aircraft_id !== operation.aircraft_id || plan.pilot_id !== operation.pilot_id;

export const words = (status) => String(status).replaceAll("_", " ");
