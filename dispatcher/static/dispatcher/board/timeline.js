// The timeline: rows of machines or people, bars that are real buttons, and the line of now.

import { barOf, place } from "./bars.js";
import { byId, make } from "./dom.js";
import { lanesOf, matches, rowsOf } from "./rows.js";
import { Scale } from "./scale.js";

const LANE_PX = 26;
const PAD_PX = 8;

export class Timeline {
  // `picked` is told of the bar that somebody opens.
  constructor(store, picked) {
    this.store = store;
    this.picked = picked;
    this.scale = null;
    this.bars = new Map();
    this.showsIdle = false;
    this.box = byId("lanes");
    this.axis = byId("axis");
    this.box.addEventListener("click", (event) => {
      const key = event.target.closest(".bar")?.dataset.key;
      if (key && !this.isDragging) this.picked(this.bars.get(key));
    });
    this.box.addEventListener("focusin", (event) => {
      if (event.target.matches(".bar")) this.rove(event.target);
    });
    new ResizeObserver(() => this.drawAxis()).observe(this.axis);
  }

  get laneWidth() {
    return this.axis.clientWidth || 1;
  }

  draw(asked, range) {
    const focused = document.activeElement?.closest?.(".bar")?.dataset.key;
    const scroll = this.box.parentElement.scrollTop;
    this.scale = new Scale(range);
    const everything = this.store.bars();
    const shown = everything.filter((bar) => matches(bar, asked, this.store));
    this.bars = new Map(everything.map((bar) => [bar.key, bar]));
    const visible = shown.filter((bar) => this.scale.shown(bar.start, bar.end));
    const groups = rowsOf(visible, asked, this.store);
    const drawn = groups.flatMap((group) => this.group(group));
    this.box.replaceChildren(...(drawn.length ? drawn : [this.nothing(asked)]), this.nowLine);
    this.box.parentElement.scrollTop = scroll;
    this.drawAxis();
    this.drawNow();
    this.select(asked.chosen);
    const first = this.find(focused) ?? this.box.querySelector(".bar");
    if (first) this.rove(first);
    if (focused && this.find(focused)) this.find(focused).focus({ preventScroll: true });
    return { everything, visible };
  }

  clear() {
    this.scale = null;
    this.bars = new Map();
    this.box.replaceChildren();
    this.axis.replaceChildren();
    byId("gridlines").replaceChildren();
  }

  nowLine = make("div", { class: "now", "aria-hidden": "true" });

  group({ title, rows }) {
    const busy = rows.filter((row) => row.bars.length);
    const idle = rows.filter((row) => !row.bars.length);
    if (!rows.length) return [];
    const shown = this.showsIdle ? rows : busy;
    const made = [make("h3", { class: "group" }, make("span", {}, title)), ...shown.map((row) => this.row(row))];
    if (idle.length && !this.showsIdle) {
      made.push(make("button", { type: "button", class: "idle", onclick: () => this.showIdle() }, `${idle.length} more without work`));
    }
    return made;
  }

  showIdle() {
    this.showsIdle = true;
    document.dispatchEvent(new CustomEvent("redraw"));
  }

  row(row) {
    const { placed, count } = lanesOf(row.bars);
    const lane = make("div", { class: "lane" });
    for (const { bar, lane: number } of placed) {
      const top = `${PAD_PX / 2 + number * LANE_PX}px`;
      if (bar.occupied) {
        const road = make("span", { class: "road", "aria-hidden": "true" });
        place(road, ...bar.occupied, this.scale);
        road.style.top = top;
        lane.append(road);
      }
      const made = barOf(bar, this.scale, this.store);
      made.style.top = top;
      lane.append(made);
    }
    lane.style.height = `${PAD_PX + count * LANE_PX}px`;
    return make(
      "div",
      { class: "row", role: "group", "aria-label": row.warning ? `${row.name}, ${row.warning}` : row.name },
      make(
        "div",
        { class: "who", title: [row.name, row.about, row.warning].filter(Boolean).join(", ") },
        make("b", {}, row.name),
        row.warning ? make("span", { class: "warning" }, row.warning) : make("span", {}, row.about),
      ),
      lane,
    );
  }

  nothing(asked) {
    const isFiltered = asked.find || asked.colors || asked.kind;
    return make("p", { class: "empty" }, isFiltered ? "Nothing here matches the filters." : "Nothing is planned in this range, and nobody works here.");
  }

  drawAxis() {
    if (!this.scale) return;
    const { zone } = this.store;
    const ticks = this.scale.ticks(zone, this.laneWidth);
    let free = 0;
    const lines = [];
    this.axis.replaceChildren(
      ...ticks.map((tick) => {
        const left = `${this.scale.at(tick.moment)}%`;
        const line = make("i", { class: tick.isDay ? "day" : "" });
        line.style.left = left;
        lines.push(line);
        const x = (this.scale.at(tick.moment) / 100) * this.laneWidth;
        // The name of a day needs more room than an hour; what does not fit is left out.
        if (x < free || x > this.laneWidth - 40) return "";
        free = x + (tick.isDay ? 84 : 48);
        const made = make("span", { class: tick.isDay ? "tick day" : "tick" }, make("b", {}, tick.local), make("small", {}, tick.utc));
        made.style.left = left;
        return made;
      }),
    );
    byId("gridlines").replaceChildren(...lines);
    byId("axis-zone").textContent = `${zone.split("/").pop().replaceAll("_", " ")} / UTC`;
  }

  drawNow() {
    if (!this.scale) return;
    const percent = this.scale.at(this.store.now);
    this.nowLine.hidden = percent < 0 || percent > 100;
    this.nowLine.style.setProperty("--at", percent / 100);
  }

  find(key) {
    return key ? this.box.querySelector(`.bar[data-key="${CSS.escape(key)}"]`) : null;
  }

  select(number) {
    for (const each of this.box.querySelectorAll(".bar.chosen")) each.classList.remove("chosen");
    for (const bar of this.bars.values()) if (number && bar.number === number) this.find(bar.key)?.classList.add("chosen");
  }

  // One stop of the Tab key for all bars; arrows walk among them.
  rove(bar) {
    for (const each of this.box.querySelectorAll('.bar[tabindex="0"]')) each.tabIndex = -1;
    bar.tabIndex = 0;
  }

  walk(from, key) {
    const lane = from.closest(".lane");
    const own = sorted(lane);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) return own[own.indexOf(from) + step]?.focus();
    const lanes = [...this.box.querySelectorAll(".lane")].filter((each) => each.querySelector(".bar"));
    const next = lanes[lanes.indexOf(lane) + (key === "ArrowDown" ? 1 : -1)];
    if (!next) return undefined;
    const here = parseFloat(from.style.left);
    const nearest = sorted(next).sort((one, other) => Math.abs(parseFloat(one.style.left) - here) - Math.abs(parseFloat(other.style.left) - here))[0];
    return nearest.focus();
  }
}

const sorted = (lane) => [...lane.querySelectorAll(".bar")].sort((one, other) => parseFloat(one.style.left) - parseFloat(other.style.left));
