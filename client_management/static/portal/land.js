// Land behind the map, from a file that the page carries. Its coast is true to about a kilometre, so
// that close by nothing is said of where land ends.
(function () {
  "use strict";
  // Pixels of a degree; beyond it the view is some twenty kilometres wide, or less.
  const CLOSEST = 4000;

  // What of a ring lies on one side of a parallel or meridian (Sutherland and Hodgman).
  function cut(ring, axis, limit, isBelow) {
    const kept = [];
    let before = ring[ring.length - 1];
    for (const here of ring) {
      const [was, is] = isBelow ? [before[axis] <= limit, here[axis] <= limit] : [before[axis] >= limit, here[axis] >= limit];
      if (was !== is) {
        const share = (limit - before[axis]) / (here[axis] - before[axis]);
        kept.push([before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])]);
      }
      if (is) kept.push(here);
      before = here;
    }
    return kept;
  }

  function clipped(ring, [west, south, east, north]) {
    let left = ring;
    for (const [axis, limit, isBelow] of [[0, west, false], [0, east, true], [1, south, false], [1, north, true]]) {
      if (left.length) left = cut(left, axis, limit, isBelow);
    }
    return left;
  }

  function bounds([ring]) {
    const lons = ring.map(([lon]) => lon);
    const lats = ring.map(([, lat]) => lat);
    return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
  }

  window.PortalLand = class {
    // `come` is called once, when the land is there. Without it the map is as it was.
    constructor(address, come) {
      this.polygons = null;
      this.read(address).then(come, () => {});
    }

    async read(address) {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.status);
      const { coordinates } = await answer.json();
      this.polygons = coordinates.map((rings) => ({ rings, box: bounds(rings) }));
    }

    // The rings within a box of degrees; null while it is not known, or too near to say.
    within(box, scale) {
      if (!this.polygons || scale > CLOSEST) return null;
      const [west, south, east, north] = box;
      const near = this.polygons.filter(({ box: [w, s, e, n] }) => w <= east && e >= west && s <= north && n >= south);
      return near.flatMap(({ rings }) => rings.map((ring) => clipped(ring, box)).filter((ring) => ring.length > 2));
    }
  };
})();
