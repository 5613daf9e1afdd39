// A small map: land, graticule, aerodromes to find one's way, areas, flights.
// Works from data- attributes; everything it does can be done with the fields around it, too.
(function () {
  "use strict";
  const NS = "http://www.w3.org/2000/svg";
  const M_PER_DEGREE = 111320;
  // Where the figures of both directions would meet, and the buttons are.
  const CORNER_PX = 48;
  const GRID = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];
  const SCALES = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000];

  function element(name, attributes, parent) {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (parent) parent.appendChild(made);
    return made;
  }

  function read(box, name) {
    try {
      return box.dataset[name] ? JSON.parse(box.dataset[name]) : null;
    } catch {
      return null;
    }
  }

  function polygonsOf(shape) {
    if (!shape) return [];
    if (shape.type === "Polygon") return [shape.coordinates];
    if (shape.type === "MultiPolygon") return shape.coordinates;
    if (shape.type === "GeometryCollection") return shape.geometries.flatMap(polygonsOf);
    if (shape.type === "Feature") return polygonsOf(shape.geometry);
    if (shape.type === "FeatureCollection") return shape.features.flatMap(polygonsOf);
    return [];
  }

  class PlainMap {
    constructor(box) {
      this.box = box;
      box.hidden = false;
      const label = box.dataset.label;
      this.svg = element("svg", label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }, box);
      this.layer = element("g", {}, this.svg);
      this.places = [];
      this.rings = [[]];
      this.trails = new Map();
      this.labels = new Map();
      this.polygons = polygonsOf(read(box, "area"));
      this.missing = polygonsOf(read(box, "missing"));
      for (const each of read(box, "positions") || []) this.trails.set(each.operation, [[each.lon, each.lat]]);
      const [west, south, east, north] = read(box, "bounds") || [112, -44, 154.5, -9.5];
      this.lon = (west + east) / 2;
      this.lat = (south + north) / 2;
      this.fit = [east - west, north - south];
      if (box.dataset.land && window.PortalLand) this.land = new window.PortalLand(box.dataset.land, () => this.scale && this.draw());
      this.buttons();
      this.pointer();
      this.resize();
      new ResizeObserver(() => this.resize()).observe(box);
    }

    resize() {
      this.width = this.box.clientWidth;
      this.height = this.box.clientHeight;
      if (!this.width || !this.height) return;
      // In a narrower window the same is seen, smaller: a phone that is turned loses nothing.
      this.zoomTo(this.shown || this.fit);
      this.draw();
      this.ask();
    }

    zoomTo([wide, high]) {
      this.shown = [wide, high];
      this.scale = Math.min(this.width / (wide * this.squeeze()), this.height / high);
    }

    // Pixels of a degree of latitude are `scale`; a degree of longitude is narrower by this.
    squeeze() {
      return Math.max(0.05, Math.cos((this.lat * Math.PI) / 180));
    }

    to(lon, lat) {
      return [
        this.width / 2 + (lon - this.lon) * this.scale * this.squeeze(),
        this.height / 2 - (lat - this.lat) * this.scale,
      ];
    }

    from(x, y) {
      const lon = this.lon + (x - this.width / 2) / (this.scale * this.squeeze());
      const lat = this.lat - (y - this.height / 2) / this.scale;
      return [Math.min(180, Math.max(-180, lon)), Math.min(89, Math.max(-89, lat))];
    }

    path(rings) {
      return rings
        .map((ring) => ring.map(([lon, lat], n) => (n ? "L" : "M") + this.to(lon, lat).map((v) => v.toFixed(1)).join(" ")).join("") + "Z")
        .join("");
    }

    draw() {
      this.layer.replaceChildren();
      this.shore();
      this.grid();
      for (const [name, lon, lat] of this.places) this.place(name, lon, lat);
      for (const rings of this.polygons) element("path", { d: this.path(rings), class: "map-area", "fill-rule": "evenodd" }, this.layer);
      for (const rings of this.missing) element("path", { d: this.path(rings), class: "map-missing", "fill-rule": "evenodd" }, this.layer);
      for (const ring of this.rings) this.ring(ring);
      for (const [number, trail] of this.trails) this.trail(trail, this.trails.size > 1 ? number : "");
      this.ruler();
    }

    // A little more than is shown, so that edges of what was cut lie outside.
    shore() {
      const [west, north] = this.from(-CORNER_PX, -CORNER_PX);
      const [east, south] = this.from(this.width + CORNER_PX, this.height + CORNER_PX);
      const rings = this.land ? this.land.within([west, south, east, north], this.scale) : null;
      this.svg.classList.toggle("map-sea", rings !== null);
      if (rings) element("path", { d: this.path(rings), class: "map-land", "fill-rule": "evenodd" }, this.layer);
    }

    grid() {
      const step = GRID.find((each) => each * this.scale > 70) || 30;
      const [west, north] = this.from(0, 0);
      const [east, south] = this.from(this.width, this.height);
      const digits = Math.max(0, Math.ceil(-Math.log10(step)));
      for (let lon = Math.ceil(west / step) * step; lon <= east; lon += step) {
        const [x] = this.to(lon, 0);
        element("path", { d: `M${x.toFixed(1)} 0V${this.height}`, class: "map-grid" }, this.layer);
        if (x > CORNER_PX && x < this.width - CORNER_PX) this.text(`${lon.toFixed(digits)}°`, x + 3, 12);
      }
      for (let lat = Math.ceil(south / step) * step; lat <= north; lat += step) {
        const [, y] = this.to(0, lat);
        element("path", { d: `M0 ${y.toFixed(1)}H${this.width}`, class: "map-grid" }, this.layer);
        if (y > CORNER_PX) this.text(`${lat.toFixed(digits)}°`, 3, y - 3);
      }
    }

    text(words, x, y) {
      element("text", { x: x.toFixed(1), y: y.toFixed(1), class: "map-text" }, this.layer).textContent = words;
    }

    place(name, lon, lat) {
      const [x, y] = this.to(lon, lat);
      if (x < 0 || y < 0 || x > this.width || y > this.height) return;
      element("path", { d: `M${x} ${y - 5}L${x + 4} ${y + 3}H${x - 4}Z`, class: "map-place" }, this.layer);
      this.text(name, x + 6, y + 4);
    }

    ring(ring) {
      if (!ring.length) return;
      if (ring.length > 1) element("path", { d: this.path([ring]), class: "map-area" }, this.layer);
      for (const corner of ring) {
        const [cx, cy] = this.to(...corner);
        element("circle", { cx, cy, r: 6, class: "map-corner" }, this.layer);
      }
    }

    trail(places, name) {
      if (places.length > 1) {
        const d = places.map((each, n) => (n ? "L" : "M") + this.to(...each).map((v) => v.toFixed(1)).join(" ")).join("");
        element("path", { d, class: "map-trail" }, this.layer);
      }
      const [cx, cy] = this.to(...places[places.length - 1]);
      element("circle", { cx, cy, r: 8, class: "map-craft" }, this.layer);
      if (name) this.text(name, cx + 11, cy + 4);
    }

    ruler() {
      const pixels = this.scale / M_PER_DEGREE;
      const most = Math.min(this.width * 0.3, 140);
      const metres = [...SCALES].reverse().find((each) => each * pixels <= most) || SCALES[0];
      const x = this.width - 12;
      const y = this.height - 14;
      element("path", { d: `M${x - metres * pixels} ${y}H${x}`, class: "map-scale" }, this.layer);
      this.text(metres >= 1000 ? `${metres / 1000} km` : `${metres} m`, x - metres * pixels, y - 5);
    }

    ask() {
      const address = this.box.dataset.places;
      if (!address) return;
      clearTimeout(this.waiting);
      this.waiting = setTimeout(async () => {
        const [west, north] = this.from(0, 0);
        const [east, south] = this.from(this.width, this.height);
        if (east <= west || north <= south) return;
        const box = [west, south, east, north].map((each) => each.toFixed(4)).join(",");
        try {
          const answer = await fetch(`${address}?bbox=${box}`, { credentials: "same-origin" });
          if (answer.ok) this.places = (await answer.json()).places;
          this.draw();
        } catch {
          // Without places the graticule has to do.
        }
      }, 250);
    }

    zoom(factor, x = this.width / 2, y = this.height / 2) {
      const [lon, lat] = this.from(x, y);
      const before = this.scale;
      this.scale = Math.min(4e6, Math.max(2, before * factor));
      this.shown = this.shown.map((degrees) => (degrees * before) / this.scale);
      const [nowLon, nowLat] = this.from(x, y);
      this.lon += lon - nowLon;
      this.lat = Math.min(88, Math.max(-88, this.lat + lat - nowLat));
      this.draw();
      this.ask();
    }

    buttons() {
      const side = document.createElement("div");
      side.className = "buttons";
      this.button(side, "+", this.box.dataset.zoomIn, () => this.zoom(1.6));
      this.button(side, "−", this.box.dataset.zoomOut, () => this.zoom(1 / 1.6));
      this.box.appendChild(side);
      if (!this.box.dataset.draws) return;
      const below = document.createElement("div");
      below.className = "map-below";
      this.button(below, this.box.dataset.undo, "", () => this.undo());
      this.button(below, this.box.dataset.next, "", () => this.another());
      this.button(below, this.box.dataset.clear, "", () => this.clear());
      this.box.after(below);
    }

    button(parent, words, label, deed) {
      const made = document.createElement("button");
      made.type = "button";
      made.textContent = words;
      if (label) made.setAttribute("aria-label", label);
      made.addEventListener("click", deed);
      parent.appendChild(made);
    }

    pointer() {
      let start = null;
      this.svg.addEventListener("pointerdown", (event) => {
        start = { x: event.clientX, y: event.clientY, lon: this.lon, lat: this.lat, moved: false };
        this.svg.setPointerCapture(event.pointerId);
      });
      this.svg.addEventListener("pointermove", (event) => {
        if (!start) return;
        const dx = event.clientX - start.x;
        const dy = event.clientY - start.y;
        if (!start.moved && Math.hypot(dx, dy) < 6) return;
        start.moved = true;
        this.lon = start.lon - dx / (this.scale * this.squeeze());
        this.lat = Math.min(88, Math.max(-88, start.lat + dy / this.scale));
        this.draw();
      });
      this.svg.addEventListener("pointerup", (event) => {
        if (start && !start.moved && this.box.dataset.draws) {
          const frame = this.svg.getBoundingClientRect();
          this.add(this.from(event.clientX - frame.left, event.clientY - frame.top));
        } else if (start && start.moved) {
          this.ask();
        }
        start = null;
      });
      this.svg.addEventListener("pointercancel", () => { start = null; });
      this.svg.addEventListener("wheel", (event) => {
        event.preventDefault();
        const frame = this.svg.getBoundingClientRect();
        this.zoom(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - frame.left, event.clientY - frame.top);
      }, { passive: false });
    }

    add([lon, lat]) {
      this.polygons = [];
      this.rings[this.rings.length - 1].push([Number(lon.toFixed(6)), Number(lat.toFixed(6))]);
      this.changed();
    }

    undo() {
      if (this.rings.length > 1 && !this.rings[this.rings.length - 1].length) this.rings.pop();
      this.rings[this.rings.length - 1].pop();
      this.changed();
    }

    another() {
      if (this.rings[this.rings.length - 1].length >= 3) this.rings.push([]);
    }

    clear() {
      this.polygons = [];
      this.rings = [[]];
      this.changed();
    }

    changed() {
      this.draw();
      this.box.dispatchEvent(new CustomEvent("drawn", { detail: this.rings.filter((ring) => ring.length) }));
    }

    // An area that came from elsewhere: the field, a file.
    show(polygons) {
      this.rings = [[]];
      this.polygons = polygons;
      const corners = polygons.flat(2);
      if (corners.length) {
        const lons = corners.map((each) => each[0]);
        const lats = corners.map((each) => each[1]);
        const [west, east] = [Math.min(...lons), Math.max(...lons)];
        const [south, north] = [Math.min(...lats), Math.max(...lats)];
        this.lon = (west + east) / 2;
        this.lat = (south + north) / 2;
        this.zoomTo([Math.max(east - west, 0.002) * 1.6, Math.max(north - south, 0.002) * 1.6]);
      }
      this.draw();
      this.ask();
    }

    // Where it is, not a limit: to the nearest.
    heightOf(meters) {
      return this.box.dataset.heightUnit === "ft" ? `${Math.round(meters / 0.3048)} ft` : `${Math.round(meters)} m`;
    }

    follow(address) {
      const source = new EventSource(address);
      const words = document.querySelector("#map-live [data-live]");
      const newest = new Map();
      // Another flight began or ended: those in the air are followed anew, and what landed leaves.
      source.addEventListener("job", () => {
        source.close();
        this.trails.clear();
        if (words) words.textContent = "";
        this.draw();
        window.setTimeout(() => this.follow(address), 1000);
      });
      source.addEventListener("position", (event) => {
        const told = JSON.parse(event.data);
        const trail = this.trails.get(told.operation) || [];
        trail.push([told.lon, told.lat]);
        if (trail.length > 600) trail.shift();
        this.trails.set(told.operation, trail);
        this.draw();
        if (words) {
          const height = told.height_m === null || told.height_m === undefined ? "" : ` · ${this.box.dataset.height} ${this.heightOf(told.height_m)}`;
          newest.set(told.operation, `${told.operation} · ${told.lat.toFixed(5)}, ${told.lon.toFixed(5)}${height}`);
          words.textContent = [...newest.values()].join("; ");
        }
      });
    }
  }

  const box = document.getElementById("map");
  if (!box || !window.ResizeObserver || !window.PointerEvent) return;
  window.portalMap = new PlainMap(box);
  if (box.dataset.stream && window.EventSource) window.portalMap.follow(box.dataset.stream);
})();
