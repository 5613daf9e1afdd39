"""
From an area to flight lines, minutes, batteries and operations: values in, values out.

The formulas, with G the ground sampling distance in metres, f the focal length and s the sensor
width in millimetres, p and q the picture's width and height in pixels:

    height            H = G f p / s            (never above what the request allows)
    swath             S = G p
    base of pictures  B = G q (1 - forward)    (along the line)
    line spacing      D = S (1 - side)         speed  v = min(cruise, B / shortest interval)
    laser scanner     S = 2 H tan(angle / 2)   v = min(cruise, points per second / (S density))
    lines             n = ceil(width across the lines / D), evenly spaced
    time on lines     t = (sum of line lengths + 2 B n) / v + (n - 1) (turn + D / v)
    overhead          o = near the ground + H / climb + H / descent + 2 (middle to rim) / cruise
    one battery       u = endurance (1 - reserve) - the most that o may be
    batteries         b = ceil(t / u), for each operation; it is in the air for t + b o

A line reaches from where it first enters the polygon to where it last leaves it. The heading is
the one with the least time among the edges of the convex hull and every 15 degrees. An operation is
a part that one pilot in its middle has in sight (a square of d sqrt 2 for the distance d) and that
its batteries last for.
"""
