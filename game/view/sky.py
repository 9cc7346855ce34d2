"""The sky: a dome with a haze at the horizon, sun, clouds, moon and stars; or a studio's backdrop."""

from __future__ import annotations

import panda3d.core as p3d

from game.scene.set_spec import LightSpec
from game.view.forms import capsule
from game.view.lights import SHADERS, SHADOW_MASK
from game.view.set_view import draw_late


def sky_node(light: LightSpec) -> p3d.NodePath:
    """The dome as a node; it casts no shadow."""
    node = capsule(120.0, 0.0, 14).node("sky")
    sources = [(SHADERS / name).read_text("utf-8") for name in ("sky.vert", "sky.frag")]
    node.set_shader(p3d.Shader.make(p3d.Shader.SL_GLSL, *sources), 100)
    node.set_shader_inputs(
        horizon=p3d.LVecBase3f(*light.horizon),
        zenith=p3d.LVecBase3f(*light.zenith),
        cloud_color=p3d.LVecBase3f(*light.cloud),
        sky_look=p3d.LVecBase2f(float(light.outdoors), light.stars),
    )
    node.set_two_sided(True)
    draw_late(node)
    node.set_depth_write(False)
    node.hide(SHADOW_MASK)
    return node
