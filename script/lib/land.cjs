// Natural Earth land as one GeoJSON MultiPolygon with two decimals, for the board's base map.
const fs = require("fs");
const topojson = require(process.argv[2]);

const DIGITS = 100;
// A ring that spans the globe would draw a line across the map.
const WIDEST = 350;

const topology = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
const found = topojson.feature(topology, topology.objects.land);
const features = found.type === "FeatureCollection" ? found.features : [found];
const polygons = features.flatMap(({ geometry }) =>
  geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

function rounded(ring) {
  const points = ring.map(([lon, lat]) => [Math.round(lon * DIGITS) / DIGITS, Math.round(lat * DIGITS) / DIGITS]);
  return points.filter((each, n) => !n || each[0] !== points[n - 1][0] || each[1] !== points[n - 1][1]);
}

function isDrawable(ring) {
  const lons = ring.map(([lon]) => lon);
  return ring.length > 3 && Math.max(...lons) - Math.min(...lons) < WIDEST;
}

// Antarctica spans the globe: it keeps its area, and its edge runs along the bottom of the map.
const coordinates = polygons
  .map((rings) => rings.map(rounded))
  .filter(([outer]) => isDrawable(outer) || outer.some(([, lat]) => lat < -85))
  .map((rings) => [rings[0], ...rings.slice(1).filter(isDrawable)]);
process.stdout.write(JSON.stringify({ type: "MultiPolygon", coordinates }));
