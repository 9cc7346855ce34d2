"""Hair styles as distance fields, in the head's frame with the head's centre at the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tools.build_avatar.sdf import Array, both, cone, cut, ellipsoid, join, path, smoothstep, sphere, vec


def hair(h: Array, style: str) -> Array:
    """(N,) distance to the hair of points h (N, 3). Raises KeyError for a style that does not exist."""
    return _STYLES[style](h)


def _cap(h: Array, thickness: float, hairline: float) -> Array:
    """Scalp from the hairline over the crown to the nape, free of face and ears."""
    t = thickness
    d = ellipsoid(h, [-0.008, 0, 0.014], [0.108 + t, 0.101 + t, 0.111 + t])
    side = np.abs(h[:, 1])
    # in front: level with the temples, then back over the forehead; behind: from the sideburns down to the nape
    front = h[:, 0] - 0.030 - 0.95 * np.maximum(h[:, 2] - hairline + 0.034, 0.0) + 0.2 * np.maximum(side - 0.06, 0.0)
    d = both(d, 0.72 * front, 0.012)
    edge = -0.066 + 0.60 * np.clip(h[:, 0] + 0.055, 0.0, 0.055) + 0.1 * np.clip(h[:, 0], 0.0, 0.03)
    d = both(d, 0.8 * (edge - h[:, 2]), 0.016)
    for s in (1.0, -1.0):
        d = cut(d, ellipsoid(h, [-0.006, s * 0.112, -0.020], [0.0265, 0.034, 0.040]), 0.010)
    return d


def _strands(h: Array, d: Array, depth: float = 0.0012) -> Array:
    """Grooves in the direction in which it is combed."""
    across = h[:, 1] * 190.0 + 22.0 * h[:, 0] + np.sin(h[:, 0] * 38.0)
    # none near the neck and the ears, where they would make the hairline uneven
    return d + depth * np.sin(across) * smoothstep(-0.01, 0.05, h[:, 2])


def _parted(h: Array) -> Array:
    """A side parting, with a fringe combed over."""
    d = _cap(h, 0.011, 0.086)
    sweep = [(0.052, 0.004), (0.034, 0.010), (0.012, 0.014), (-0.012, 0.014), (-0.036, 0.009), (-0.056, 0.000)]
    for y, up in sweep:
        start = [0.060 - 0.25 * abs(y), 0.046 + 0.10 * (y - 0.05), 0.108 - 0.2 * abs(y)]
        top = [0.066 - 0.3 * abs(y), y * 0.95, 0.112 + up - 0.28 * abs(y)]
        front = [0.086 - 0.42 * abs(y), y * 1.05 - 0.012, 0.084 + 0.6 * up - 0.25 * abs(y)]
        d = join(d, path(h, [start, top, front], [0.014, 0.019, 0.010], 0.010), 0.014)
        back = [-0.045, y * 1.1, 0.104 - 0.25 * abs(y)]
        d = join(d, cone(h, top, back, 0.018, 0.020), 0.02)
    groove = cone(h, [0.085, 0.057, 0.075], [-0.03, 0.050, 0.128], 0.004, 0.003)
    d = cut(d, groove, 0.006)
    tuft = path(
        h, [[-0.080, -0.010, 0.098], [-0.104, -0.014, 0.122], [-0.126, -0.004, 0.132]], [0.015, 0.010, 0.0035], 0.008
    )
    return _strands(h, join(d, tuft, 0.012))


def _crop(h: Array) -> Array:
    return _strands(h, _cap(h, 0.007, 0.080), 0.0005)


def _curls(h: Array) -> Array:
    d = _cap(h, 0.010, 0.086)
    i = np.arange(90)
    z = 1.0 - (i + 0.5) / 60.0
    turn = i * 2.39996
    ring = np.sqrt(np.maximum(1.0 - z * z, 0.0))
    points = np.stack([0.108 * ring * np.cos(turn), 0.104 * ring * np.sin(turn), 0.112 * z], -1) + vec(-0.008, 0, 0.016)
    for k, c in enumerate(points):
        on_face = c[0] > 0.055 - 0.3 * (c[2] < 0.06) and c[2] < 0.075
        at_ear = abs(c[1]) > 0.075 and -0.04 < c[0] < 0.06 and c[2] < 0.03
        if not (on_face or at_ear or c[2] < -0.055):
            d = join(d, sphere(h, c * 1.07, 0.021 + 0.004 * (k % 3)), 0.009)
    return d


def _bun(h: Array) -> Array:
    d = _cap(h, 0.009, 0.084)
    d = join(d, sphere(h, [-0.070, 0, 0.128], 0.042), 0.012)
    band = both(
        cone(h, [-0.052, 0, 0.104], [-0.062, 0, 0.116], 0.036, 0.036), sphere(h, [-0.056, 0, 0.108], 0.040), 0.004
    )
    return _strands(h, join(d, band, 0.008), 0.0009)


def _bald(h: Array) -> Array:
    """A crescent from ear to ear."""
    d = _cap(h, 0.007, 0.086)
    return both(d, h[:, 2] - 0.022 + 0.25 * h[:, 0], 0.010)


def _long(h: Array) -> Array:
    """Down to the shoulders, behind the ears' front."""
    d = _cap(h, 0.011, 0.086)
    fall = ellipsoid(h, [-0.030, 0, -0.010], [0.098, 0.119, 0.165])
    fall = both(fall, h[:, 0] - 0.012 - 0.22 * np.maximum(h[:, 2], 0.0), 0.024)
    fall = both(fall, -h[:, 2] - 0.148, 0.02)
    return _strands(h, join(d, fall, 0.02), 0.0009)


_STYLES: dict[str, Callable[[Array], Array]] = {
    "parted": _parted,
    "crop": _crop,
    "curls": _curls,
    "bun": _bun,
    "bald": _bald,
    "long": _long,
}
