"""The shade under furniture: a texture of how much of the sky each point of the ground sees."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.set_spec import ItemSpec, PartSpec, SetSpec
from game.sim import rotation
from game.view.patterns import from_image

Array = NDArray[np.float64]

PIXELS = 192
MAX_EDGE = 26.0
"""m, longest edge of the rectangle that the texture covers"""
MIN_MASS = 5.0
"""kg; lighter items have no shade, as they are moved too easily"""
MAX_CLEARANCE = 0.9
"""m; a part whose lowest point is higher makes no shade"""


def ground_shade(spec: SetSpec) -> tuple[p3d.Texture, tuple[float, float, float, float]]:
    """A texture, white in the open, and the rectangle that it covers (low x, low y, width, length; m)."""
    width, length = (min(MAX_EDGE, s) for s in spec.ground.size)
    low = np.array(spec.ground.center) - np.array([width, length]) / 2
    open_sky = np.ones((PIXELS, PIXELS))
    for item in spec.items:
        if item.mass == 0.0 or item.mass >= MIN_MASS:
            for part in item.parts if item.parts else item.decor:
                _darken(open_sky, item, part, low, np.array([width, length]) / PIXELS)
    image = np.repeat(np.round(open_sky[::-1, :, None] * 255).astype(np.uint8), 3, axis=2)
    texture = from_image(image, "ground shade")
    texture.set_format(p3d.Texture.F_rgb)
    texture.set_wrap_u(p3d.SamplerState.WM_clamp)
    texture.set_wrap_v(p3d.SamplerState.WM_clamp)
    return texture, (float(low[0]), float(low[1]), width, length)


def half_extents(part: PartSpec) -> Array | None:
    """(3,) half edges, m, of a part's box; None for flat shapes."""
    s = part.size
    if part.shape in ("box", "ellipsoid", "foliage"):
        return np.array(s) / 2
    if part.shape == "sphere":
        return np.full(3, s[0])
    if part.shape in ("capsule", "cylinder"):
        return np.array([s[0], s[0], s[1] / 2 + (s[0] if part.shape == "capsule" else 0.0)])
    return None


def _darken(open_sky: Array, item: ItemSpec, part: PartSpec, low: Array, pixel: Array) -> None:
    """Multiplies `open_sky` (rows are y) by the share of the sky that one part does not hide."""
    half = half_extents(part)
    if half is None or max(half) > 10.0:
        return
    turn, inner = (rotation.to_matrix(np.array(q)) for q in (item.quaternion, part.quaternion))
    center = np.array(item.position) + turn @ np.array(part.position)
    axes = turn @ inner * half
    bottom = float(center[2] - np.abs(axes[2]).sum())
    if bottom > MAX_CLEARANCE or center[2] + np.abs(axes[2]).sum() < 0.03:
        return
    bottom = max(bottom, 0.0)
    blur = 0.09 + 0.45 * bottom
    reach = np.abs(axes[:2]).sum(1)
    first = np.maximum(np.floor((center[:2] - reach - 2 * blur - low) / pixel), 0).astype(int)
    last = np.minimum(np.ceil((center[:2] + reach + 2 * blur - low) / pixel), PIXELS).astype(int)
    if (last <= first).any():
        return
    x, y = (low[a] + (np.arange(first[a], last[a]) + 0.5) * pixel[a] - center[a] for a in (0, 1))
    # the box's two flattest edges span its footprint
    edges = axes[:, np.argsort(-np.linalg.norm(axes[:2], axis=0))[:2]][:2]
    size = np.maximum(np.linalg.norm(edges, axis=0), 1e-6)
    u, v = (np.abs(x[None] * edges[0, k] + y[:, None] * edges[1, k]) / size[k] for k in (0, 1))
    if part.shape == "box":
        outside = np.hypot(np.maximum(u - size[0], 0.0), np.maximum(v - size[1], 0.0))
    else:  # an ellipse
        outside = np.maximum(np.hypot(u / size[0], v / size[1]) - 1.0, 0.0) * size.min()
    dark = 0.62 * np.exp(-bottom / 0.4) * np.exp(-((outside / blur) ** 2))
    open_sky[first[1] : last[1], first[0] : last[0]] *= 1.0 - dark
