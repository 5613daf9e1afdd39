// What nobody has resolved: who has it, how long there is left, and what one can do about it.

import { read, settled, write } from "./api.js";
import { announce, byId, make } from "./dom.js";
import { words } from "./store.js";
import { clock, span } from "./zone.js";

const RANK = { critical: 0, warning: 1, info: 2 };
const SIGNS = { critical: "!!", warning: "!", info: "i" };

export class EventList {
  constructor(store, chosen) {
    this.store = store;
    this.chosen = chosen;
    this.list = byId("events");
    this.known = null;
    this.open = null;
  }

  // After a whole reading nothing is news.
  take() {
    this.known = new Set([...(this.known ?? []), ...this.store.events.keys()]);
    this.draw();
  }

  clear() {
    this.known = null;
    this.open = null;
    this.list.replaceChildren();
    byId("no-events").hidden = true;
    byId("events-count").textContent = "";
  }

  hear(event) {
    if (event.status === "open" && this.known && !this.known.has(event.number)) {
      this.known.add(event.number);
      announce(`New ${event.severity} event: ${event.title}`, event.severity === "critical");
      this.fresh = event.number;
    }
    this.draw();
  }

  draw() {
    const focused = this.focused();
    const rows = [...this.store.events.values()].sort((one, other) => this.order(one, other));
    this.place(rows);
    byId("no-events").hidden = rows.length > 0;
    const waiting = rows.filter((each) => each.status === "open").length;
    byId("events-count").textContent = rows.length ? `${rows.length} unresolved, ${waiting} not acknowledged` : "";
    if (focused) this.focus(focused);
    this.tick();
  }

  // Somebody who is typing keeps the form where it is; the others are drawn around it.
  place(rows) {
    const at = this.open ? rows.findIndex((each) => each.number === this.open.dataset.number) : -1;
    if (this.open && at < 0) announce(`${this.open.dataset.number} was resolved meanwhile.`, true);
    if (at < 0) this.open = null;
    for (const each of [...this.list.children]) if (each !== this.open) each.remove();
    if (!this.open) {
      this.list.append(...rows.map((each) => this.item(each)));
      return;
    }
    this.open.before(...rows.slice(0, at).map((each) => this.item(each)));
    this.open.after(...rows.slice(at + 1).map((each) => this.item(each)));
  }

  focused() {
    const { activeElement } = document;
    const item = this.list.contains(activeElement) ? activeElement.closest("li") : null;
    if (!item || item === this.open) return null;
    return { number: item.dataset.number, deed: activeElement.dataset.deed };
  }

  // The same button, or none: another one would do something else.
  focus({ number, deed }) {
    const item = this.list.querySelector(`[data-number="${number}"]`);
    (item?.querySelector(`[data-deed="${deed}"]`) ?? item)?.focus();
  }

  order(one, other) {
    const late = (event) => (this.due(event)?.left < 0 ? 0 : 1);
    return late(one) - late(other) || RANK[one.severity] - RANK[other.severity] || Date.parse(other.occurred_at) - Date.parse(one.occurred_at);
  }

  due(event) {
    const isOpen = event.status === "open" && event.acknowledge_by_at;
    const by = isOpen ? event.acknowledge_by_at : event.resolve_by_at;
    return by ? { what: isOpen ? "Acknowledge" : "Resolve", left: Date.parse(by) - this.store.now } : null;
  }

  item(event) {
    const { zone } = this.store;
    const at = Date.parse(event.occurred_at);
    const operation = this.store.operations.get(event.operation_id);
    const about = operation?.number ?? event.subject_label;
    return make(
      "li",
      { class: `event v-${event.severity} is-${event.status}${this.fresh === event.number ? " fresh" : ""}`, dataset: { number: event.number }, tabindex: "-1" },
      make("span", { class: "sign", title: event.severity, "aria-label": event.severity }, SIGNS[event.severity] ?? "i"),
      make(
        "div",
        { class: "what" },
        make("p", { class: "title" }, event.title),
        make(
          "p",
          { class: "about" },
          make("time", { datetime: event.occurred_at }, `${clock(at, zone)} (${clock(at, "UTC")}Z)`),
          ` · ${words(event.kind)} · `,
          settled.screens.event ? make("a", { href: `${settled.screens.event}?q=${event.number}`, dataset: { deed: "open" } }, event.number) : event.number,
          about ? " · " : "",
          operation ? make("button", { type: "button", class: "plain", dataset: { deed: "about" }, onclick: () => this.chosen(operation.number) }, about) : about,
        ),
        make("p", { class: "due" }),
        this.deeds(event),
      ),
    );
  }

  deeds(event) {
    const made = [];
    const { may } = settled;
    if (event.status === "open" && may.acknowledge) made.push(this.button("Acknowledge", () => this.acknowledge(event)));
    if (event.status === "acknowledged") made.push(make("span", { class: "taken" }, event.assignee_id === settled.user_id ? "Yours" : "Acknowledged"));
    if (may.note) made.push(this.button("Note", () => this.ask(event, "note", "text", "What is known")));
    if (may.resolve) made.push(this.button("Resolve", () => this.ask(event, "resolve", "resolution", "How it ended")));
    return make("div", { class: "deeds" }, made);
  }

  button(text, onclick) {
    return make("button", { type: "button", dataset: { deed: text.toLowerCase() }, onclick }, text);
  }

  ask(event, verb, field, label) {
    const box = make("textarea", { rows: "2", maxlength: "2000", required: true });
    const form = make(
      "form",
      { class: "say" },
      make("label", {}, label, box),
      make("div", { class: "deeds" }, make("button", { type: "submit", class: "main" }, verb === "note" ? "Add the note" : "Resolve"), this.button("Cancel", () => this.close())),
      make("p", { class: "wrong", role: "alert" }),
    );
    form.addEventListener("submit", (submitted) => {
      submitted.preventDefault();
      if (box.value.trim()) this.send(event, verb, { [field]: box.value.trim() });
    });
    form.addEventListener("keydown", (pressed) => pressed.key === "Escape" && this.close());
    this.close();
    this.verb = verb;
    this.open = this.list.querySelector(`[data-number="${event.number}"]`);
    this.open.querySelector(".deeds").replaceWith(form);
    box.focus();
  }

  close() {
    const number = this.open?.dataset.number;
    this.open = null;
    this.draw();
    if (number) this.focus({ number, deed: this.verb });
  }

  acknowledge(event) {
    return this.send(event, "acknowledge", {});
  }

  // The first that waits: what one key does.
  first() {
    return this.list.querySelector("li.is-open") ?? this.list.querySelector("li");
  }

  async send(event, verb, body) {
    try {
      const done = await write(`events/${event.number}/${verb}/`, body);
      this.shut(event);
      this.apply(event, done);
      announce(`${event.number}: ${verb === "note" ? "note added" : words(done.status)}.`);
    } catch (problem) {
      await this.refused(event, problem);
    }
  }

  async refused(event, problem) {
    const place = this.open?.dataset.number === event.number && this.open.querySelector(".wrong");
    if (place) place.textContent = problem.message;
    announce(problem.message, true);
    if (problem.status !== 409) return;
    // Somebody was quicker: show what it is now.
    this.shut(event);
    this.apply(event, await read(`events/${event.number}/`));
  }

  // The form of another event stays.
  shut(event) {
    if (this.open?.dataset.number === event.number) this.open = null;
  }

  apply(event, answer) {
    if (answer.status === "resolved") this.store.events.delete(event.number);
    else Object.assign(this.store.events.get(event.number) ?? {}, { status: answer.status, acknowledge_by_at: answer.acknowledge_by_at });
    this.draw();
  }

  tick() {
    for (const item of this.list.children) {
      const event = this.store.events.get(item.dataset.number);
      const due = event && this.due(event);
      const place = item.querySelector(".due");
      if (!due || !place) continue;
      const text = due.left < 0 ? `${due.what}: ${span(due.left)} overdue` : `${due.what} within ${span(due.left)}`;
      if (place.textContent !== text) place.textContent = text;
      place.classList.toggle("late", due.left < 0);
      place.classList.toggle("soon", due.left >= 0 && due.left < 120_000);
    }
  }
}
