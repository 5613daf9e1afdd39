// Moving a bar in time by pointer or by arrow keys; nothing is saved here.

import { announce, byId, make } from "./dom.js";
import { MINUTE } from "./scale.js";
import { clock } from "./zone.js";
import { place } from "./bars.js";

const FINE = MINUTE;
const STEP = 5 * MINUTE;
const SLACK_PX = 4;

export class Retime {
  // `wished` is told (bar, start) when somebody wants a bar elsewhere; `current` says where it is wanted.
  constructor(timeline, wished, current) {
    this.current = current;
    this.timeline = timeline;
    this.wished = wished;
    this.hint = make("div", { class: "drag-hint", hidden: true });
    document.body.append(this.hint);
    const box = byId("lanes");
    box.addEventListener("pointerdown", (event) => this.begin(event));
    box.addEventListener("pointermove", (event) => this.drag(event));
    // Wherever it ends: a bar that stays in the hand would hold the whole board.
    window.addEventListener("pointerup", (event) => this.drop(event));
    window.addEventListener("pointercancel", () => this.cancel());
    window.addEventListener("lostpointercapture", () => this.cancel());
    window.addEventListener("blur", () => this.cancel());
    box.addEventListener("keydown", (event) => this.key(event));
  }

  barAt(element) {
    const found = element?.closest?.(".bar");
    return found ? this.timeline.bars.get(found.dataset.key) : null;
  }

  begin(event) {
    const bar = this.barAt(event.target);
    if (!bar?.canMove || event.button !== 0) return;
    this.held = { bar, element: event.target.closest(".bar"), x: event.clientX, start: bar.start, pointer: event.pointerId, isMoved: false };
  }

  drag(event) {
    const held = this.held;
    if (!held || event.pointerId !== held.pointer) return;
    const moved = event.clientX - held.x;
    if (!held.isMoved && Math.abs(moved) < SLACK_PX) return;
    if (!held.isMoved && !this.take(held)) return;
    const grid = event.shiftKey ? FINE : STEP;
    const wanted = held.from + this.timeline.scale.of(moved, this.timeline.laneWidth);
    held.start = Math.round(wanted / grid) * grid;
    this.show(held.element, held.bar, held.start);
    this.hint.textContent = this.words(held.bar, held.start);
    this.hint.hidden = false;
    this.hint.style.left = `${event.clientX + 12}px`;
    this.hint.style.top = `${event.clientY - 34}px`;
  }

  // The board may have been drawn anew since the press: what is held is what stands there now.
  take(held) {
    const { key } = held.bar;
    held.element = this.timeline.find(key);
    held.bar = this.timeline.bars.get(key);
    held.from = held.bar && (this.current(held.bar) ?? held.bar.start);
    if (!held.element || !held.bar?.canMove) {
      this.held = null;
      return false;
    }
    held.element.setPointerCapture(held.pointer);
    held.element.classList.add("dragged");
    held.isMoved = this.timeline.isDragging = true;
    return true;
  }

  drop(event) {
    const held = this.held;
    if (!held || event.pointerId !== held.pointer) return;
    this.held = null;
    this.hint.hidden = true;
    // The click that follows a drag opens nothing.
    setTimeout(() => (this.timeline.isDragging = false), 0);
    if (!held.isMoved) return;
    held.element.classList.remove("dragged");
    if (held.start !== held.from) this.wished(held.bar, held.start);
    else this.show(held.element, held.bar, held.from);
  }

  cancel() {
    if (!this.held) return;
    const { element, bar, from, isMoved } = this.held;
    this.held = null;
    this.hint.hidden = true;
    this.timeline.isDragging = false;
    if (!isMoved) return;
    element.classList.remove("dragged");
    this.show(element, bar, from);
  }

  key(event) {
    const element = event.target.closest(".bar");
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.held) return this.cancel();
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (!event.shiftKey || !isSideways) {
      this.timeline.walk(element, event.key);
      return;
    }
    this.nudge(element, event.key === "ArrowRight" ? STEP : -STEP);
  }

  // Each press moves by five minutes; the question follows when the keys rest.
  nudge(element, by) {
    const bar = this.barAt(element);
    if (!bar) return;
    if (!bar.canMove) {
      announce(`${bar.number} cannot be moved. ${bar.why}`, true);
      return;
    }
    const start = Math.round(((this.current(bar) ?? bar.start) + by) / FINE) * FINE;
    this.show(element, bar, start);
    announce(this.words(bar, start));
    this.wished(bar, start);
  }

  show(element, bar, start) {
    place(element, start, start + (bar.end - bar.start), this.timeline.scale);
    element.classList.toggle("wished", start !== bar.start);
  }

  words(bar, start) {
    const { zone } = this.timeline.store;
    const minutes = Math.round((start - bar.start) / MINUTE);
    return `${clock(start, zone)} (${clock(start, "UTC")}Z) ${minutes >= 0 ? "+" : "−"}${Math.abs(minutes)} min`;
  }
}

