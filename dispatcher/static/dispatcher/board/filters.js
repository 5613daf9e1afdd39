// The controls above the board: each writes the address, each reads from it.

import { settled } from "./api.js";
import { byId, later, make } from "./dom.js";
import { isOf } from "./rows.js";
import { HOUR } from "./scale.js";
import { isoDay, parts } from "./zone.js";

export class Filters {
  // `changed` is told the names of what is asked otherwise now.
  constructor(asked, changed) {
    this.asked = asked;
    this.changed = changed;
    byId("center").replaceChildren(...settled.centers.map((each) => make("option", { value: each.code }, `${each.code} ${each.name}`)));
    for (const name of ["center", "span", "kind"]) this.bind(name, "change");
    byId("day").addEventListener("change", () => this.set({ day: byId("day").value, hour: "0" }));
    const find = later(() => this.set({ find: byId("find").value.trim().slice(0, 64) }), 200);
    byId("find").addEventListener("input", find);
    byId("earlier").addEventListener("click", () => this.shift(-1));
    byId("later").addEventListener("click", () => this.shift(1));
    byId("today").addEventListener("click", () => this.today());
    for (const each of document.querySelectorAll("[data-color]")) each.addEventListener("click", () => this.toggle(each.dataset.color));
    for (const each of document.querySelectorAll("[data-rows]")) each.addEventListener("click", () => this.set({ rows: each.dataset.rows }));
    byId("clear").addEventListener("click", () => this.set({ colors: "", kind: "", find: "" }));
  }

  bind(name, event) {
    byId(name).addEventListener(event, () => this.set({ [name]: byId(name).value }));
  }

  set(changes) {
    Object.assign(this.asked, changes);
    this.changed(Object.keys(changes));
  }

  today() {
    this.set({ day: "", hour: "0" });
  }

  // One range on or back.
  shift(by) {
    const { since, until, zone } = this.range;
    // An hour more, so that a day of 23 or 25 hours is still the next one.
    const day = until - since >= 24 * HOUR;
    const moment = day ? since + by * (until - since) + 2 * HOUR : since + by * (until - since);
    this.set({ day: isoDay(moment, zone), hour: day ? "0" : String(parts(moment, zone).hour) });
  }

  toggle(color) {
    const chosen = new Set(this.asked.colors ? this.asked.colors.split(",") : []);
    if (!chosen.delete(color)) chosen.add(color);
    this.set({ colors: [...chosen].join(",") });
  }

  toggleRows() {
    this.set({ rows: this.asked.rows === "pilot" ? "aircraft" : "pilot" });
  }

  // Nothing is known: no count is better than none.
  blank() {
    for (const each of document.querySelectorAll("[data-color] b")) each.textContent = "–";
  }

  show(range, zone, bars) {
    this.range = { ...range, zone };
    const { asked } = this;
    byId("center").value = asked.center;
    byId("span").value = asked.span;
    byId("kind").value = asked.kind;
    byId("day").value = isoDay(range.since, zone);
    if (document.activeElement !== byId("find")) byId("find").value = asked.find;
    const chosen = asked.colors ? asked.colors.split(",") : [];
    for (const each of document.querySelectorAll("[data-color]")) {
      const { color } = each.dataset;
      const count = bars.filter((bar) => isOf(bar, color)).length;
      each.querySelector("b").textContent = count;
      each.setAttribute("aria-pressed", String(chosen.includes(color)));
    }
    for (const each of document.querySelectorAll("[data-rows]")) each.setAttribute("aria-pressed", String(each.dataset.rows === asked.rows));
    byId("clear").hidden = !(asked.colors || asked.kind || asked.find);
  }
}

