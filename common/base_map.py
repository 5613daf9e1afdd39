"""The base map that pages carry: land from Natural Earth, drawn for 1:50 million."""

# Among the static files; see script/vendor-board.
LAND = "vendor/world-atlas-2.0.2/land-50m.json"
