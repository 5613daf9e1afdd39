// Airspace and the 3 NM rings about aerodromes, read for the part of the map that is shown.

import { read } from "./api.js";
import { byId, later } from "./dom.js";

const { L } = window;
const WIDEST = 6;
// Airspace is switched on and off at short notice.
const FRESH_MS = 110_000;
const TOLD = { true: "controlled", null: "not known whether there is a tower", false: "no tower" };

export class Ground {
  constructor(map) {
    this.map = map;
    this.layer = L.layerGroup().addTo(map);
    this.range = null;
    this.asks = 0;
    this.read = later(() => this.ask(), 350);
    map.on("moveend", this.read);
  }

  clear() {
    this.asks++;
    this.range = null;
    this.seen = "";
    this.layer.clearLayers();
  }

  // Of which stretch of time airspace is shown; what was read a while ago is read anew.
  during(range) {
    const isSame = this.range?.since === range.since && this.range?.until === range.until;
    if (isSame && this.seen && Date.now() - this.readAt < FRESH_MS) return;
    this.range = range;
    this.seen = "";
    this.read();
  }

  async ask() {
    const bounds = this.map.getBounds();
    const [west, east] = [bounds.getWest(), bounds.getEast()];
    const [south, north] = [bounds.getSouth(), bounds.getNorth()];
    if (!this.range || !this.map.getSize().x) return;
    if (east - west > WIDEST || north - south > WIDEST || west < -180 || east > 180) {
      this.layer.clearLayers();
      this.seen = "";
      byId("map-note").textContent = "Go nearer for airspace and 3 NM rings.";
      return;
    }
    const bbox = [west, south, east, north].map((each) => each.toFixed(3)).join(",");
    if (bbox === this.seen) return;
    const mine = ++this.asks;
    try {
      const { since, until } = this.range;
      const found = await read("surroundings/", { bbox, since: new Date(since).toISOString(), until: new Date(until).toISOString() });
      if (mine !== this.asks) return;
      this.seen = bbox;
      this.readAt = Date.now();
      this.draw(found);
      byId("map-note").textContent = found.is_cut_off ? "There is more airspace than is shown; go nearer." : "";
    } catch (problem) {
      if (mine !== this.asks) return;
      // What was read of another part, or a while ago, says nothing of what is shown now.
      this.layer.clearLayers();
      this.seen = "";
      byId("map-note").textContent = `Airspace and rings could not be read: ${problem.message}`;
    }
  }

  draw({ airspace, aerodromes }) {
    this.layer.clearLayers();
    for (const each of airspace) {
      const shape = L.geoJSON(each.area, { pane: "ground", className: `airspace k-${each.kind.toLowerCase()}` });
      shape.bindTooltip(() => label([each.kind, each.name, `${each.floor || "?"} to ${each.ceiling || "?"}`, each.activity]), { sticky: true });
      shape.addTo(this.layer);
    }
    for (const each of aerodromes) this.aerodrome(each);
  }

  aerodrome(each) {
    const state = each.is_controlled === null ? "unknown" : each.is_tower_active ? "on" : "off";
    const told = [each.icao ?? each.ident, each.name, TOLD[each.is_controlled], each.is_controlled && !each.is_tower_active ? "tower closed in this range" : ""];
    if (each.ring) L.geoJSON(each.ring, { pane: "ground", interactive: false, className: `ring ${state}` }).addTo(this.layer);
    const spot = L.circleMarker([each.lat, each.lon], { pane: "ground", radius: each.is_controlled === false ? 2 : 3, className: `aerodrome ${state}` });
    spot.bindTooltip(() => label(told)).addTo(this.layer);
  }
}

// Text only: a name from a file can hold anything.
function label(lines) {
  const made = document.createElement("span");
  made.textContent = lines.filter(Boolean).join(" · ");
  return made;
}
