"""Sun: the light that casts shadows, with a shadow map around the characters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.scene.set_spec import LightSpec, SetSpec
from game.view.drapery import NUM_BENDS
from game.view.quality import Quality

Array = NDArray[np.float64]

SHADERS = Path(__file__).with_name("shaders")
NUM_JOINTS = 64
"""joints that the shader has room for; our avatar has 15 for its bodies and 8 in its face, other figures some 25"""
NUM_DENTS = 15
"""spheres of a body that dent what is soft"""
SHADOW_SORT = -20
"""the shadow map is rendered before everything that reads it"""
SHADOW_MASK = p3d.BitMask32.bit(5)
"""of the cameras that draw shadow maps; nodes hidden from it cast no shadow"""
VIGNETTE = 0.42
"""share of the light that the corners of a picture lose"""
SHADOW_BLUR = 0.012
"""m, how far a sharp shadow's edge is blurred where it falls"""
LAMP_STRENGTH = 0.30
"""m2, of a lamp whose colour is 1"""
FAR = 24.0
"""m, depth of the box that the shadow map covers"""


def shader(
    fragment: str, quality: Quality, *, figure: bool = False, photo: bool = False, body: bool = False
) -> p3d.Shader:
    """surface.vert with one of the fragment shaders, for a quality. Raises OSError when a file is missing.

    `figure`: with the pictures, cut-outs and toon shading that figures from elsewhere have. `photo`: of a set that
    shows a photograph. `body`: with the folding cloth, skin and hair of our own avatar.
    """
    defines = (
        f"#define NUM_JOINTS {NUM_JOINTS}\n#define TAPS {quality.shadow_taps if quality.shadow_size else 0}\n"
        f"#define NUM_DENTS {NUM_DENTS}\n#define BLOBS {quality.blobs}\n"
        f"#define CONTACT_HARDENING {int(quality.contact_hardening)}\n"
    )
    defines += f"#define BODY {int(body)}\n#define NUM_BENDS {NUM_BENDS}\n"
    defines += f"#define FIGURE {int(figure)}\n#define PHOTO {int(photo)}\n#define FEET {int(quality.blobs > 0)}\n"

    texel = quality.shadow_reach / max(quality.shadow_size, 1)
    defines += f"#define SHADOW_OFFSET {1.6 * texel:.6f}\n"

    def source(name: str) -> str:
        text = (SHADERS / name).read_text("utf-8").replace("#version 150\n", "#version 150\n" + defines, 1)
        return text.replace('#include "body.glsl"\n', (SHADERS / "body.glsl").read_text("utf-8") if body else "")

    return p3d.Shader.make(p3d.Shader.SL_GLSL, source("surface.vert"), source(fragment))


def light_inputs(spec: SetSpec, quality: Quality) -> dict[str, Any]:
    """The inputs of surface.frag that say how a set is lit; the lamp is where the set file puts it."""
    light, ground = spec.light, spec.ground
    low, high = (np.array(ground.center) + side * np.array(ground.size) / 2 for side in (-1, 1))
    open_air = light.outdoors or light.seamless
    walls = (-999.0, -999.0, 999.0, 999.0) if open_air else (*low.tolist(), *high.tolist())
    direction = np.array(light.sun_direction) / np.linalg.norm(light.sun_direction)
    colors = {"sun_color": light.sun, "sky_color": light.sky, "bounce_color": light.bounce, "fog_color": light.fog,
              "lamp_color": light.lamp, "daylight": light.daylight, "sun_direction": direction.tolist()}  # fmt: skip
    return {
        **{name: p3d.LVecBase3f(*color) for name, color in colors.items()},
        "look": p3d.LVecBase4f(
            light.exposure, VIGNETTE, light.fog_density, SHADOW_BLUR * light.softness / quality.shadow_reach
        ),
        "lamp": p3d.LVecBase4f(*light.lamp_position, LAMP_STRENGTH),
        "lamp_key": light.lamp_key,
        "glow": 1.0,
        "room": p3d.LVecBase4f(*walls),
        "backdrop": p3d.LVecBase4f(*light.horizon, float(light.seamless)),
    }


class Sun:
    """A directional light's shadow camera. Sets the inputs `shadow_map`, `shadow_depth` and `shadow_matrix`."""

    def __init__(self, host: p3d.GraphicsOutput, root: p3d.NodePath, light: LightSpec, quality: Quality) -> None:
        """`host` is an open window or buffer, whose graphics context is shared."""
        self._root = root
        self._engine = host.engine
        direction = np.array(light.sun_direction) / np.linalg.norm(light.sun_direction)
        self.direction = direction
        self._texel = quality.shadow_reach / max(quality.shadow_size, 1)
        self._lens = p3d.OrthographicLens()
        self._lens.set_film_size(quality.shadow_reach, quality.shadow_reach)
        self._lens.set_near_far(0.5, FAR)
        camera = p3d.Camera("sun", self._lens)
        camera.set_camera_mask(SHADOW_MASK)
        self.node = root.attach_new_node(camera)
        # without this state the full surface shader would run for every texel of the map
        state = p3d.RenderState.make(
            p3d.ShaderAttrib.make(shader("depth.frag", quality), 1000),
            p3d.ColorWriteAttrib.make(p3d.ColorWriteAttrib.C_off),
            p3d.CullFaceAttrib.make(p3d.CullFaceAttrib.M_cull_none),
            p3d.TransparencyAttrib.make(p3d.TransparencyAttrib.M_none),
        )
        camera.set_initial_state(state)
        self._buffer = self._make_buffer(host, quality.shadow_size) if quality.shadow_size else None
        self.focus(np.zeros(3))

    def _make_buffer(self, host: p3d.GraphicsOutput, size: int) -> p3d.GraphicsOutput:
        wanted = p3d.FrameBufferProperties()
        wanted.set_depth_bits(24)
        buffer = host.engine.make_output(
            host.pipe, "shadow", SHADOW_SORT, wanted, p3d.WindowProperties(size=(size, size)),
            p3d.GraphicsPipe.BF_refuse_window, host.gsg, host,
        )  # fmt: skip
        if buffer is None:
            raise RuntimeError(f"the renderer has no shadow buffer of {size}x{size}; take a lower quality")
        texture = p3d.Texture("shadow")
        texture.set_format(p3d.Texture.F_depth_component)
        texture.set_wrap_u(p3d.SamplerState.WM_clamp)
        texture.set_wrap_v(p3d.SamplerState.WM_clamp)
        buffer.add_render_texture(texture, p3d.GraphicsOutput.RTM_bind_or_copy, p3d.GraphicsOutput.RTP_depth)
        buffer.make_display_region().camera = self.node
        compare = p3d.SamplerState()
        compare.set_minfilter(p3d.SamplerState.FT_shadow)
        compare.set_magfilter(p3d.SamplerState.FT_shadow)
        plain = p3d.SamplerState()
        plain.set_minfilter(p3d.SamplerState.FT_nearest)
        plain.set_magfilter(p3d.SamplerState.FT_nearest)
        self._root.set_shader_input("shadow_map", texture, compare)
        self._root.set_shader_input("shadow_depth", texture, plain)
        return buffer

    def focus(self, point: Array) -> None:
        """Centres the shadow map on a point (3,), m, in whole texels, so that shadows' edges do not flicker."""
        forward = -self.direction
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right = right / max(float(np.linalg.norm(right)), 1e-6) if abs(forward[2]) < 0.999 else np.array([1.0, 0, 0])
        up = np.cross(right, forward)
        snapped = sum(
            (np.round(float(point @ axis) / self._texel) * self._texel * axis for axis in (right, up)),
            start=float(point @ forward) * forward,
        )
        eye = snapped - forward * (0.5 * FAR)
        rows = np.eye(4)
        rows[0, :3], rows[1, :3], rows[2, :3], rows[3, :3] = right, forward, up, eye
        self.node.set_mat(p3d.LMatrix4(*rows.reshape(-1).tolist()))
        # from clip space to 0..1 across the map, and to the depth that is stored in it
        to_unit = p3d.LMatrix4.scale_mat(0.5, 0.5, 0.5) * p3d.LMatrix4.translate_mat(0.5, 0.5, 0.5)
        view = p3d.LMatrix4(self.node.get_mat())
        view.invert_in_place()
        self._root.set_shader_input("shadow_matrix", view * self._lens.get_projection_mat() * to_unit)

    def close(self) -> None:
        """Frees the shadow map."""
        if self._buffer is not None:
            self._engine.remove_window(self._buffer)
        self.node.remove_node()
