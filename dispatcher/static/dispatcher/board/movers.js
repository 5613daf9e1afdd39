// Aircraft in the air on a canvas of their own: any number of positions a second, one picture a frame.

import { perFrame } from "./dom.js";
import { span } from "./zone.js";

const { L } = window;
const TRAIL = 240;
const OLD = 30_000;
const LOST = 120_000;
const REACH_PX = 16;

export const Movers = L.Layer.extend({
  initialize(store, picked) {
    this.store = store;
    this.picked = picked;
    this.movers = new Map();
    this.redraw = perFrame(() => this.draw());
  },

  onAdd(map) {
    this.map = map;
    this.canvas = L.DomUtil.create("canvas", "movers leaflet-zoom-hide", map.getPane("movers"));
    map.on("move zoomend resize viewreset", this.redraw);
    map.on("click", (event) => {
      const found = this.near(event.containerPoint);
      if (found) this.picked(found);
    });
  },

  of(number) {
    return this.movers.get(number);
  },

  // The last known places of an overview; trails are kept over a new reading.
  take(operations) {
    const flying = operations.filter((each) => each.status === "active");
    const numbers = new Set(flying.map((each) => each.number));
    for (const number of this.movers.keys()) if (!numbers.has(number)) this.movers.delete(number);
    for (const each of flying) if (each.position) this.hear({ ...each.position, operation: each.number });
  },

  hear(position) {
    const number = position.operation;
    const known = this.movers.get(number) ?? { trail: [] };
    const at = Date.parse(position.recorded_at);
    if (known.at && at < known.at) return;
    const { trail } = known;
    const last = trail[trail.length - 1];
    if (!last || last[0] !== position.lat || last[1] !== position.lon) trail.push([position.lat, position.lon]);
    if (trail.length > TRAIL) trail.splice(0, trail.length - TRAIL);
    this.movers.set(number, { ...known, ...position, at, trail });
    this.redraw();
  },

  // What is not in the air any more leaves the map.
  keep(operations) {
    for (const number of this.movers.keys()) if (operations.get(number)?.status !== "active") this.movers.delete(number);
    this.redraw();
  },

  clear() {
    this.movers.clear();
    this.redraw();
  },

  near(point) {
    let best = null;
    for (const [number, each] of this.movers) {
      const away = this.map.latLngToContainerPoint([each.lat, each.lon]).distanceTo(point);
      if (away < REACH_PX && (!best || away < best.away)) best = { number, away };
    }
    return best?.number;
  },

  draw() {
    const size = this.map.getSize();
    const ratio = window.devicePixelRatio || 1;
    const { canvas } = this;
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, this.map.containerPointToLayerPoint([0, 0]));
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    const colors = this.colors();
    for (const each of this.movers.values()) this.trail(pen, each, colors);
    this.named = [];
    for (const [number, each] of this.movers) this.craft(pen, number, each, colors);
  },

  colors() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { craft: of("--craft"), old: of("--faint"), text: of("--text"), paper: of("--paper"), alert: of("--red") };
  },

  trail(pen, each, colors) {
    pen.beginPath();
    for (const [n, place] of each.trail.entries()) {
      const { x, y } = this.map.latLngToContainerPoint(place);
      if (n) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    }
    pen.strokeStyle = colors.craft;
    pen.globalAlpha = 0.55;
    pen.lineWidth = 2;
    pen.stroke();
    pen.globalAlpha = 1;
  },

  craft(pen, number, each, colors) {
    const { x, y } = this.map.latLngToContainerPoint([each.lat, each.lon]);
    const age = this.store.now - each.at;
    const operation = this.store.byNumber.get(number);
    const isOff = each.conformant === false || operation?.conformance === "nonconforming";
    pen.save();
    pen.translate(x, y);
    if (isOff) ring(pen, colors.alert);
    arrow(pen, each.heading_deg, age > OLD ? colors.old : colors.craft, colors.paper);
    pen.restore();
    const name = this.store.aircraft?.get(operation?.aircraft_id)?.registration ?? number;
    const more = age > OLD ? ` ${span(age)} old` : "";
    this.name(pen, x + 12, y + 4, `${name}${isOff ? " !" : ""}${more}`, age > LOST ? colors.alert : colors.text, colors.paper);
  },

  name(pen, x, y, words, color, paper) {
    pen.font = "600 12px system-ui, sans-serif";
    // Names that would cover each other are left out; the bar and the nearer map have them.
    const box = [x, y - 11, x + pen.measureText(words).width, y + 3];
    if (this.named.some((each) => box[0] < each[2] && each[0] < box[2] && box[1] < each[3] && each[1] < box[3])) return;
    this.named.push(box);
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = paper;
    pen.strokeText(words, x, y);
    pen.fillStyle = color;
    pen.fillText(words, x, y);
  },
});

function ring(pen, color) {
  pen.beginPath();
  pen.arc(0, 0, 13, 0, 2 * Math.PI);
  pen.strokeStyle = color;
  pen.lineWidth = 2.5;
  pen.stroke();
}

// A dart for a known heading, a dot where the device says none.
function arrow(pen, heading, color, paper) {
  pen.beginPath();
  if (heading === null || heading === undefined) {
    pen.arc(0, 0, 6, 0, 2 * Math.PI);
  } else {
    pen.rotate((heading * Math.PI) / 180);
    pen.moveTo(0, -10);
    pen.lineTo(7, 8);
    pen.lineTo(0, 4);
    pen.lineTo(-7, 8);
    pen.closePath();
  }
  pen.fillStyle = color;
  pen.fill();
  pen.strokeStyle = paper;
  pen.lineWidth = 1.5;
  pen.stroke();
}
