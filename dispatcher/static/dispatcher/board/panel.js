// The drawer about one bar: what it is, where it may go, and what speaks against that.

import { settled, write } from "./api.js";
import { letterOf, saidOf } from "./bars.js";
import { announce, byId, later, make, toast } from "./dom.js";
import { answerOf, refusalOf } from "./findings.js";
import { MINUTE } from "./scale.js";
import { words } from "./store.js";
import { Undo } from "./undo.js";
import { clock, dayName, isoLocal, momentOf } from "./zone.js";

const REST_MS = 400;

export class Panel {
  // `saved` is called after something was saved; `closed` when nothing is chosen; `find` tells the bar of a key.
  constructor(store, { saved, closed, moved, find }) {
    this.store = store;
    this.find = find;
    this.undo = new Undo();
    this.saved = saved;
    this.closed = closed;
    this.moved = moved;
    this.box = byId("panel");
    this.asks = 0;
    // Which opening of the drawer this is: an answer to an older one is not for this.
    this.turn = 0;
    this.isSaving = false;
    this.overtakenAt = null;
    this.askLater = later(() => this.look(), REST_MS);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  show(bar) {
    this.turn++;
    this.isSaving = false;
    this.overtakenAt = null;
    this.bar = bar;
    this.wish = null;
    this.answer = null;
    this.asks++;
    this.askLater.cancel();
    this.draw();
    this.box.hidden = false;
    document.body.classList.add("with-panel");
  }

  // A bar was dropped elsewhere, or nudged.
  want(bar, start) {
    if (!this.isOpen || this.bar?.key !== bar.key) this.show(bar);
    if (this.isSaving) return;
    this.wish = { start, aircraft: this.wish?.aircraft ?? bar.aircraft, pilot: this.wish?.pilot ?? bar.people[0] };
    this.isChanged();
  }

  wishFor(bar) {
    return this.isOpen && this.wish && this.bar.key === bar.key ? this.wish.start : null;
  }

  // What is shown follows the board, unless somebody is in the middle of a move.
  refresh(bars) {
    if (!this.isOpen) return;
    const bar = bars.find((each) => each.key === this.bar.key);
    if (this.overtakenAt !== null && this.store.readings > this.overtakenAt) this.lookAgain(bar);
    else if (bar && !this.wish) {
      this.bar = bar;
      if (!this.box.contains(document.activeElement)) this.draw();
    }
  }

  // Somebody was quicker: what was wanted is held against what stands there now, and asked anew.
  lookAgain(bar) {
    this.overtakenAt = null;
    if (!bar) {
      toast(`${this.bar.number} is not on the board any more.`);
      this.close();
      return;
    }
    const { value } = this.why;
    this.bar = bar;
    this.isOvertaken = true;
    this.answer = null;
    if (!bar.canMove) this.wish = null;
    this.draw();
    this.why.value = value;
    if (bar.canMove) this.look();
  }

  close() {
    if (!this.isOpen) return;
    const { bar } = this;
    this.turn++;
    this.isSaving = false;
    this.asks++;
    this.askLater.cancel();
    this.wish = null;
    this.box.hidden = true;
    document.body.classList.remove("with-panel");
    this.closed(bar);
  }

  draw() {
    const { bar } = this;
    const screen = settled.screens[bar.kind === "drone" ? "operation" : "trip"];
    this.box.replaceChildren(
      make(
        "header",
        {},
        make("h2", {}, make("span", { class: `badge c-${bar.color}${bar.isStale ? " stale" : ""}` }, letterOf(bar)), `${bar.number} `, make("small", {}, bar.title)),
        make("button", { type: "button", class: "shut", "aria-label": "Close", onclick: () => this.close() }, "×"),
      ),
      make("div", { class: "body" }, this.facts(), screen ? make("p", { class: "more" }, make("a", { href: `${screen}?q=${bar.number}` }, "Open in the admin")) : "", this.form(), make("div", { id: "answer", "aria-live": "polite" })),
      this.foot(),
    );
    this.showAnswer();
  }

  facts() {
    const { bar, store } = this;
    const { zone } = store;
    const record = bar.record;
    const machine = bar.kind === "drone" ? store.aircraft.get(bar.aircraft)?.registration : store.tails.get(bar.aircraft)?.tail_number;
    const crew = bar.kind === "drone" ? bar.people.map((each) => store.pilots.get(each)?.name ?? "Somebody who left") : record.crew_lines.map((each) => `${each.name} (${words(each.role)})`);
    const rows = [
      ["When", `${dayName(bar.start, zone)} ${clock(bar.start, zone)}–${clock(bar.end, zone)}`, `${clock(bar.start, "UTC")}Z–${clock(bar.end, "UTC")}Z`],
      ["Aircraft", machine ?? "Retired", ""],
      ["Crew", crew.join(", ") || "Nobody yet", ""],
      ["Status", words(bar.status), bar.kind === "crewed" ? words(record.trip_status) : ""],
      ["Rules", saidOf(bar), ""],
    ];
    if (bar.limit) rows.push(["Limit", bar.limit.text, ""]);
    if (bar.occupied) rows.push(["Away", `${clock(bar.occupied[0], zone)}–${clock(bar.occupied[1], zone)}`, travel(bar.assignment.travel_km)]);
    return make("dl", {}, rows.flatMap(([name, value, more]) => [make("dt", {}, name), make("dd", {}, value, more ? make("small", {}, ` ${more}`) : "")]));
  }

  form() {
    const { bar } = this;
    if (bar.kind !== "drone" || !settled.may.check) return "";
    if (!bar.canMove) return make("p", { class: "fixed" }, bar.why);
    this.time = make("input", { type: "datetime-local", step: "60", required: true, oninput: () => this.typed({ start: this.time.value ? momentOf(this.time.value, this.store.zone) : bar.start }) });
    this.machine = this.select("aircraft", (aircraft) => this.typed({ aircraft }), [...this.store.aircraft.values()].map((each) => [each.id, each.registration]));
    this.person = this.select("pilot", (pilot) => this.typed({ pilot }), [...this.store.pilots.values()].map((each) => [each.id, each.name]));
    const form = make(
      "form",
      { class: "move", id: "move" },
      make("h3", {}, "Move"),
      make("p", { class: "from-to", id: "from-to" }),
      make("label", {}, `Start, ${this.store.zone}`, this.time),
      make("div", { class: "steps" }, [-30, -5, 5, 30].map((each) => make("button", { type: "button", onclick: () => this.step(each) }, `${each > 0 ? "+" : "−"}${Math.abs(each)} min`))),
      make("div", { class: "two" }, make("label", {}, "Aircraft", this.machine), make("label", {}, "Pilot", this.person)),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.keep();
    });
    this.fill();
    return form;
  }

  foot() {
    const { bar } = this;
    if (bar.kind !== "drone" || !settled.may.check || !bar.canMove) return "";
    this.why = make("textarea", { rows: "2", maxlength: "500", form: "move", oninput: () => this.showButtons() });
    this.save = make("button", { type: "submit", class: "main", form: "move" }, "Save");
    const cancel = make("button", { type: "button", onclick: () => this.close() }, "Cancel");
    return make("footer", {}, make("label", { hidden: true }, "Why red findings are taken on", this.why), make("div", { class: "deeds" }, this.save, cancel));
  }

  select(name, chosen, options) {
    return make("select", { name, onchange: (event) => chosen(Number(event.target.value)) }, options.map(([value, text]) => make("option", { value }, text)));
  }

  fill() {
    const wish = this.wanted();
    this.time.value = isoLocal(wish.start, this.store.zone);
    this.machine.value = wish.aircraft;
    this.person.value = wish.pilot;
  }

  step(minutes) {
    const wanted = this.wanted();
    this.wish = { ...wanted, start: wanted.start + minutes * MINUTE };
    this.isChanged();
  }

  wanted() {
    return this.wish ?? { start: this.bar.start, aircraft: this.bar.aircraft, pilot: this.bar.people[0] };
  }

  // Only what was typed: a clock that is set back shows an hour twice, and reading it would move the flight.
  typed(changes) {
    this.wish = { ...this.wanted(), ...changes };
    this.isChanged(false);
  }

  isChanged(isFilled = true) {
    this.answer = null;
    this.isOvertaken = false;
    this.asks++;
    if (isFilled && this.time) this.fill();
    this.moved(this.bar, this.wish.start);
    this.showAnswer();
    this.askLater();
  }

  body() {
    const { bar, wish, store } = this;
    const schedule = bar.assignment ? bar.assignment.schedule_id : store.scheduleAt(wish.start)?.id;
    return {
      schedule,
      operation: bar.number,
      aircraft: store.aircraft.get(wish.aircraft)?.registration,
      pilot: wish.pilot,
      start_at: new Date(wish.start).toISOString(),
    };
  }

  // Asks what rules, ledger and plan would say; the answer to an older wish is not shown.
  async look() {
    const mine = ++this.asks;
    const body = this.body();
    if (!body.schedule) {
      this.answer = { refusal: { message: "No plan is open for that day. Open the day first, then assign.", details: {} } };
      this.showAnswer();
      return;
    }
    try {
      const checked = await write("assignments/check/", body);
      if (mine === this.asks) this.answer = { checked };
    } catch (problem) {
      if (mine === this.asks) this.answer = { refusal: problem };
    }
    if (mine === this.asks) this.showAnswer();
  }

  showAnswer() {
    const place = byId("answer");
    if (!place) return;
    const { answer, wish } = this;
    this.box.classList.toggle("wishing", Boolean(wish));
    if (byId("from-to")) byId("from-to").textContent = wish ? this.fromTo() : "";
    if (!wish) place.replaceChildren();
    else if (!answer) place.replaceChildren(make("p", { class: "waiting" }, "Asking the rules, the ledger and the plan…"));
    else if (answer.refusal) place.replaceChildren(...refusalOf(answer.refusal, this.store));
    else place.replaceChildren(...answerOf(answer.checked, this.store));
    if (wish && this.isOvertaken) place.prepend(make("p", { class: "verdict but" }, "Somebody changed it meanwhile. Above is what stands now; look again before you save."));
    this.showButtons();
  }

  fromTo() {
    const { bar, wish, store } = this;
    const minutes = Math.round((wish.start - bar.start) / MINUTE);
    return `${clock(bar.start, store.zone)} to ${clock(wish.start, store.zone)} (${clock(wish.start, "UTC")}Z), ${minutes < 0 ? "−" : "+"}${Math.abs(minutes)} min`;
  }

  showButtons() {
    if (!this.save?.isConnected) return;
    const checked = this.answer?.checked;
    const stops = checked && (checked.bookings.length || checked.refusals.length);
    const asksWhy = Boolean(checked && !stops && !checked.is_permitted);
    this.why.closest("label").hidden = !asksWhy;
    this.why.required = asksWhy;
    const isAllowed = this.bar.assignment ? settled.may.move : settled.may.assign;
    this.save.disabled = this.isSaving || !checked || Boolean(stops) || !isAllowed || (asksWhy && !this.why.value.trim());
  }

  async keep() {
    if (this.isSaving || this.save.disabled) return;
    const { bar, turn } = this;
    // The stream may tell of the deed before its answer comes, and writes into the record shown.
    const before = bar.record.status;
    this.undo.end();
    this.isSaving = true;
    byId("move").inert = true;
    this.showButtons();
    let refusal = null;
    let row = null;
    try {
      row = await this.send(bar);
    } catch (problem) {
      refusal = problem;
    }
    // Meanwhile the drawer was closed, or is about another bar.
    const isOther = turn !== this.turn;
    if (!isOther) {
      this.isSaving = false;
      byId("move").inert = false;
    }
    if (refusal) this.refused(refusal, bar, isOther);
    else this.kept(bar, row, isOther, before);
  }

  // What is sent names what was seen: the version of the assignment, or that there was none.
  send(bar) {
    const { schedule, operation, ...given } = this.body();
    const accepted = this.why.value.trim() ? { accepted_because: this.why.value.trim() } : {};
    if (bar.assignment) return write(`assignments/${bar.assignment.id}/move/`, { ...given, ...accepted }, { version: bar.assignment.version });
    return write("assignments/", { schedule, operation, ...given, ...accepted }, { isNew: true });
  }

  kept(bar, row, isOther, before) {
    const back = this.wayBack(bar, row, before);
    if (back) this.undo.offer(bar.number, back, { done: (now) => this.undone(bar, now, before), refused: (problem) => this.notUndone(problem, bar) });
    else toast(`${bar.number} saved.`);
    announce(`${bar.number} saved.${back ? " Press u to undo." : ""}`);
    if (!isOther) this.close();
    this.saved();
  }

  // How to put it back as it was seen before; null where that cannot be said.
  wayBack(bar, row, status) {
    const version = { version: row.version };
    const held = bar.assignment;
    if (!held) {
      // Taken off a published day an operation is a draft, whatever it was.
      const isSame = row.status === "proposed" || status === "draft";
      return settled.may.withdraw && isSame ? () => write(`assignments/${row.id}/withdraw/`, { reason: "Undone at the board." }, version) : null;
    }
    const before = { aircraft: this.store.aircraft.get(held.aircraft_id)?.registration, pilot: held.pilot_id, start_at: held.start_at };
    return before.aircraft ? () => write(`assignments/${row.id}/move/`, before, version) : null;
  }

  // Only what came back is said to be back: what was approved of the plan is void since it was moved.
  undone(bar, now, before) {
    const rest = now.operation_status === before ? "" : ` It was ${words(before)} and is ${words(now.operation_status)} now.`;
    const said = `${bar.number} ${bar.assignment ? "has its time, aircraft and pilot back" : "is off the plan again"}.${rest}`;
    toast(said);
    announce(said);
    this.saved();
  }

  // What speaks against it is shown where it can be answered, unless another move is under way there.
  notUndone(problem, { key, number, assignment }) {
    const words = `${number} was not put back: ${problem.message}`;
    toast(words);
    announce(words, true);
    this.saved();
    const bar = this.find(key);
    if (!assignment || !bar?.canMove || (this.isOpen && this.wish)) return;
    this.show(bar);
    this.wish = { start: Date.parse(assignment.start_at), aircraft: assignment.aircraft_id, pilot: assignment.pilot_id };
    this.isChanged();
  }

  refused(problem, bar, isOther) {
    const words = `${bar.number} was not saved: ${problem.message}`;
    announce(words, true);
    if (isOther) {
      toast(words);
      return;
    }
    this.answer = { refusal: problem };
    this.showAnswer();
    if (problem.status !== 412) return;
    this.overtakenAt = this.store.readings;
    this.saved();
  }
}

const PER_KM = { nm: ["NM", 1 / 1.852], mi: ["mi", 1 / 1.609344] };

// A way by road, in the reader's unit; as it is kept where they chose none or kilometers.
function travel(km) {
  const [sign, factor] = PER_KM[settled.shown.distance] ?? ["km", 1];
  return `${factor === 1 || (km ?? "") === "" ? km ?? "?" : Math.round(km * factor * 10) / 10} ${sign}`;
}
