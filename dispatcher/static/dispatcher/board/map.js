// The map: land that the page carries, tiles if the installation has some, and the operations' areas.

import { settled } from "./api.js";
import { letterOf, saidOf } from "./bars.js";
import { byId, make } from "./dom.js";
import { Ground } from "./ground.js";
import { Movers } from "./movers.js";

const { L } = window;
const CLOSEST = 16;
const PANES = { land: 150, ground: 350, areas: 410, movers: 450 };

export class BoardMap {
  // `picked` is told the number of an operation.
  constructor(store, picked) {
    this.store = store;
    this.picked = picked;
    this.box = byId("map");
    this.isFitted = false;
    this.map = L.map(this.box, { preferCanvas: false, zoomControl: false, attributionControl: false, worldCopyJump: true, maxZoom: CLOSEST + 2, minZoom: 2, zoomSnap: 0.25, zoomDelta: 0.75 });
    // A canvas throws when a layer comes before the view.
    this.map.setView([-27, 134], 4);
    for (const [name, order] of Object.entries(PANES)) this.map.createPane(name).style.zIndex = order;
    L.control.zoom({ zoomInTitle: "Nearer", zoomOutTitle: "Farther" }).addTo(this.map);
    L.control.scale({ imperial: false }).addTo(this.map);
    this.areas = L.layerGroup().addTo(this.map);
    this.ground = new Ground(this.map);
    this.movers = new Movers(store, picked).addTo(this.map);
    if (settled.tiles.url) this.showTiles();
    this.showLand();
    // In a tab that is not shown the map has no size; it is fitted when it gets one.
    new ResizeObserver(() => this.map.invalidateSize({ pan: false }) && this.fitOnce()).observe(this.box);
    document.addEventListener("theme", () => this.paintLand());
  }

  showTiles() {
    const credit = L.control.attribution({ prefix: false }).addTo(this.map);
    credit.addAttribution(make("span", {}, settled.tiles.credit).textContent.replaceAll("<", "&lt;"));
    L.tileLayer(settled.tiles.url, { maxZoom: 19 }).on("tileerror", () => this.box.classList.add("without-tiles")).addTo(this.map);
  }

  async showLand() {
    let answer;
    try {
      answer = await fetch(settled.land);
      if (!answer.ok) throw new Error(answer.status);
    } catch {
      byId("map-note").textContent = "The coast could not be read.";
      return;
    }
    const land = await answer.json();
    const renderer = L.canvas({ pane: "land", padding: 0.4 });
    this.land = L.geoJSON(land, { interactive: false, renderer, pane: "land" }).addTo(this.map);
    this.paintLand();
  }

  paintLand() {
    const style = getComputedStyle(document.documentElement);
    // Rings end at the antimeridian: a stroke would draw a line across the ocean there.
    this.land?.setStyle({ stroke: false, fillColor: style.getPropertyValue("--land").trim(), fillOpacity: settled.tiles.url ? 0 : 1 });
    this.movers.redraw();
  }

  // Areas of the operations that pass the filters, colored as their bars are.
  draw(bars) {
    this.areas.clearLayers();
    const bounds = L.latLngBounds([]);
    for (const bar of bars) {
      const area = bar.kind === "drone" && this.store.areas.get(bar.record.id);
      if (area) this.area(bar, area, bounds);
    }
    this.bounds = bounds.isValid() ? bounds : null;
    this.fitOnce();
    this.movers.redraw();
  }

  clear() {
    this.isFitted = false;
    this.bounds = null;
    this.areas.clearLayers();
    this.ground.clear();
    this.movers.clear();
  }

  area(bar, area, bounds) {
    const stale = bar.isStale ? " stale" : "";
    const faint = bar.isFaint ? " faint" : "";
    for (const volume of area.volumes) {
      const layer = L.geoJSON(volume.area, { pane: "areas", className: `area c-${bar.color}${stale}${faint}` });
      layer.on("click", () => this.picked(bar.number)).addTo(this.areas);
      bounds.extend(layer.getBounds());
    }
    for (const fence of area.fences) {
      const layer = L.geoJSON(fence.area, { pane: "areas", className: `fence ${fence.kind}` });
      layer.bindTooltip(`${fence.kind === "keep_out" ? "Keep out" : "Keep in"}: ${escaped(fence.name)}`).addTo(this.areas);
    }
    const [lon, lat] = area.launch_site;
    bounds.extend([lat, lon]);
    this.badge(bar, [lat, lon], stale + faint);
  }

  badge(bar, place, more) {
    const mark = make("span", { class: `badge c-${bar.color}${more}` }, letterOf(bar));
    const icon = L.divIcon({ html: mark, className: "spot", iconSize: [18, 18] });
    const marker = L.marker(place, { icon, keyboard: false, title: `${bar.number} ${bar.title}, compliance ${saidOf(bar)}`, pane: "areas" });
    marker.on("click", () => this.picked(bar.number)).addTo(this.areas);
    // The bar of the operation opens the same; badges of one site may cover each other.
    marker.getElement().setAttribute("aria-hidden", "true");
  }

  fitOnce() {
    if (this.isFitted || !this.map.getSize().x || !this.store.board) return;
    this.isFitted = true;
    this.fit();
  }

  fit() {
    const [lon, lat] = this.store.board.center.position;
    if (this.bounds) this.map.fitBounds(this.bounds.pad(0.06), { maxZoom: 13, animate: false });
    else this.map.setView([lat, lon], 10);
    if (!this.home) this.home = L.circleMarker([lat, lon], { pane: "areas", radius: 5, className: "home" }).bindTooltip("Dispatch center").addTo(this.map);
    this.home.setLatLng([lat, lon]);
  }

  // The place of one operation, brought into view.
  goTo(number) {
    const operation = this.store.byNumber.get(number);
    const area = operation && this.store.areas.get(operation.id);
    const mover = this.movers.of(number);
    const place = mover ? [mover.lat, mover.lon] : area && [area.launch_site[1], area.launch_site[0]];
    if (place && !this.map.getBounds().pad(-0.1).contains(place)) this.map.panTo(place, { animate: false });
  }
}

export const escaped = (text) => String(text).replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
