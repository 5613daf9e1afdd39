"""
Australian territory by a coarse outline (DESIGN): good enough to ask a person, no more.

Mainland, Torres Strait and Tasmania as one polygon some 12 NM off the coast, and a disc around
each remote island. In bays and straits the outline may lie farther out than territory does.
"""

from collections.abc import Sequence

import shapely

# Longitude and latitude, degrees, clockwise from Shark Bay.
_OUTLINE = (
    (112.7, -25.5), (113.3, -21.6), (116.5, -20.2), (119.5, -19.6), (121.2, -18.0),
    (122.0, -16.3), (124.0, -14.6), (126.5, -13.5), (129.0, -14.2), (129.7, -11.9),
    (130.3, -10.9), (133.0, -10.8), (136.9, -10.9), (137.2, -12.4), (136.4, -13.2),
    (139.0, -16.2), (140.6, -17.0), (141.2, -14.0), (141.2, -12.2), (142.0, -10.2),
    (142.2, -9.5), (143.6, -9.4), (143.8, -12.0), (145.6, -14.2), (146.6, -17.5),
    (149.5, -19.8), (152.0, -22.5), (153.6, -24.7), (153.9, -28.0), (153.4, -31.5),
    (151.9, -33.6), (150.5, -37.0), (149.0, -38.8), (148.7, -41.5), (148.3, -43.4),
    (146.8, -44.0), (145.2, -42.9), (144.0, -40.5), (143.4, -39.2), (140.8, -38.7),
    (139.2, -36.4), (136.4, -36.4), (134.8, -34.9), (133.0, -32.5), (130.8, -31.8),
    (126.0, -32.6), (123.8, -34.3), (119.8, -34.8), (117.8, -35.4), (114.8, -34.8),
    (115.3, -31.9), (114.0, -28.8), (112.9, -26.5),
)  # fmt: skip
# Norfolk, Lord Howe, Christmas, Cocos (Keeling), Macquarie, Heard.
_ISLANDS = (
    (167.95, -29.04), (159.08, -31.55), (105.64, -10.49), (96.84, -12.16), (158.9, -54.6),
    (73.5, -53.1),
)  # fmt: skip
_ISLAND_DEGREES = 0.35
_TERRITORY = shapely.union_all(
    [shapely.Polygon(_OUTLINE), *shapely.buffer(shapely.points(_ISLANDS), _ISLAND_DEGREES)]
)
shapely.prepare(_TERRITORY)


def is_in_territory(positions: Sequence[tuple[float, float]]) -> bool:
    """Say whether every position (longitude, latitude) lies in the outline."""
    lon, lat = zip(*positions, strict=True)
    return bool(shapely.contains_xy(_TERRITORY, lon, lat).all())
