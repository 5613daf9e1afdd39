// The request form: fields of the chosen kind of work only, and the area as map, field and file.
(function () {
  "use strict";
  const kind = document.getElementById("service_type");
  const field = document.getElementById("area");
  const size = document.getElementById("map-size");
  const file = document.getElementById("area-file");
  const box = document.getElementById("map");

  function choose() {
    for (const group of document.querySelectorAll("[data-for]")) {
      const fits = group.dataset.for.split(" ").includes(kind.value);
      group.hidden = !fits;
      group.disabled = !fits;
    }
  }

  function close(ring) {
    const [first, last] = [ring[0], ring[ring.length - 1]];
    return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
  }

  function squareMetres(ring) {
    const middle = ring.reduce((sum, each) => sum + each[1], 0) / ring.length;
    const east = 111320 * Math.cos((middle * Math.PI) / 180);
    let twice = 0;
    for (let n = 0; n < ring.length; n += 1) {
      const [ax, ay] = ring[n];
      const [bx, by] = ring[(n + 1) % ring.length];
      twice += (ax * by - bx * ay) * east * 110574;
    }
    return Math.abs(twice / 2);
  }

  function polygonsOf(text) {
    text = text.trim();
    if (!text) return [];
    if (text.startsWith("{")) {
      try {
        return parts(JSON.parse(text));
      } catch {
        return [];
      }
    }
    const rings = text.split(/\n\s*\n/).map((block) => block.split("\n").map((line) => line.trim().split(/[,; ]+/).map(Number)).filter((each) => each.length === 2 && each.every(Number.isFinite)).map(([lat, lon]) => [lon, lat]));
    return rings.filter((ring) => ring.length >= 3).map((ring) => [close(ring)]);
  }

  function parts(shape) {
    if (!shape) return [];
    if (shape.type === "FeatureCollection") return shape.features.flatMap((each) => parts(each.geometry));
    if (shape.type === "Feature") return parts(shape.geometry);
    if (shape.type === "Polygon") return [shape.coordinates];
    if (shape.type === "MultiPolygon") return shape.coordinates;
    return [];
  }

  function tell(polygons) {
    const all = polygons.reduce((sum, rings) => sum + rings.reduce((left, ring, n) => left + (n ? -1 : 1) * squareMetres(ring), 0), 0);
    size.textContent = all ? `≈ ${(all / 10000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 })} ha` : box.dataset.empty;
  }

  function fromKml(text) {
    const found = new DOMParser().parseFromString(text, "application/xml");
    const rings = (within, name) => [...within.getElementsByTagName(name)].flatMap((each) => [...each.getElementsByTagName("coordinates")]).map((each) => each.textContent.trim().split(/\s+/).map((corner) => corner.split(",").slice(0, 2).map(Number)));
    return [...found.getElementsByTagName("Polygon")].map((each) => [...rings(each, "outerBoundaryIs"), ...rings(each, "innerBoundaryIs")]);
  }

  function geojson(polygons) {
    return JSON.stringify(polygons.length === 1 ? { type: "Polygon", coordinates: polygons[0] } : { type: "MultiPolygon", coordinates: polygons });
  }

  if (kind) {
    kind.addEventListener("change", choose);
    choose();
  }
  if (!field || !box || !window.portalMap) return;
  box.addEventListener("drawn", (event) => {
    const rings = event.detail;
    field.value = rings.map((ring) => ring.map(([lon, lat]) => `${lat}, ${lon}`).join("\n")).join("\n\n");
    tell(rings.filter((ring) => ring.length >= 3).map((ring) => [close(ring)]));
  });
  field.addEventListener("change", () => {
    const polygons = polygonsOf(field.value);
    window.portalMap.show(polygons);
    tell(polygons);
  });
  if (file) {
    document.getElementById("file-field").hidden = false;
    file.addEventListener("change", async () => {
      if (!file.files.length || file.files[0].size > 400000) return;
      const text = await file.files[0].text();
      const polygons = text.trim().startsWith("{") ? polygonsOf(text) : fromKml(text);
      if (!polygons.length) return;
      field.value = geojson(polygons);
      window.portalMap.show(polygons);
      tell(polygons);
    });
  }
  const given = polygonsOf(field.value);
  if (given.length) window.portalMap.show(given);
  tell(given);
})();
