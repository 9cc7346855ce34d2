"""Enlarged: the scene drawn smaller than the window that shows it, enlarged and sharpened: for slow renderers."""

from __future__ import annotations

import panda3d.core as p3d

from game.view.lights import SHADERS
from game.view.pick_pipe import offscreen_properties

SORT_BEFORE_WINDOW = -5
"""after the shadow map, before what shows the picture"""


class Enlarged:
    """Draws what a camera sees into a smaller buffer, and that over the whole of an output, under everything else.

    Raises RuntimeError if the renderer cannot make the buffer.

    Args:
        output: the window, or a buffer.
        camera: looks at the scene; its own region of the output should be switched off.
        scale: of the smaller picture's edges.
    """

    def __init__(self, output: p3d.GraphicsOutput, camera: p3d.NodePath, scale: float) -> None:
        self._output, self._camera, self._scale = output, camera, scale
        self._card = p3d.NodePath(_triangle())
        sources = [(SHADERS / name).read_text("utf-8") for name in ("sharpen.vert", "sharpen.frag")]
        self._card.set_shader(p3d.Shader.make(p3d.Shader.SL_GLSL, *sources))
        self._card.set_depth_test(False)
        self._card.set_depth_write(False)
        self._eye = self._card.attach_new_node(p3d.Camera("enlarged", p3d.OrthographicLens()))
        self._region = output.make_display_region()
        self._region.sort = -1
        self._region.camera = self._eye
        self._buffer: p3d.GraphicsOutput | None = None
        self.match_size()

    @property
    def size(self) -> tuple[int, int]:
        """px, of what is drawn."""
        width, height = self._output.size
        return max(2, round(self._scale * width)), max(2, round(self._scale * height))

    def match_size(self) -> None:
        """Follows the output's size; call it once a frame."""
        if self._buffer is not None and tuple(self._buffer.size) == self.size:
            return
        self._free()
        wanted = p3d.FrameBufferProperties()
        wanted.set_rgba_bits(8, 8, 8, 8)
        wanted.set_depth_bits(24)
        buffer = self._output.engine.make_output(
            self._output.pipe, "smaller", SORT_BEFORE_WINDOW, wanted, offscreen_properties(self.size),
            p3d.GraphicsPipe.BF_refuse_window, self._output.gsg, self._output,
        )  # fmt: skip
        if buffer is None:
            raise RuntimeError(f"the renderer has no buffer of {self.size[0]}x{self.size[1]}")
        picture = p3d.Texture("smaller")
        picture.set_wrap_u(p3d.SamplerState.WM_clamp)
        picture.set_wrap_v(p3d.SamplerState.WM_clamp)
        buffer.add_render_texture(picture, p3d.GraphicsOutput.RTM_bind_or_copy)
        buffer.clear_color = self._output.clear_color
        buffer.make_display_region().camera = self._camera
        self._card.set_shader_inputs(picture=picture, texel=p3d.LVecBase2f(1.0 / self.size[0], 1.0 / self.size[1]))
        self._buffer = buffer

    def _free(self) -> None:
        if self._buffer is not None:
            self._output.engine.remove_window(self._buffer)
            self._buffer = None

    def close(self) -> None:
        """Frees the buffer and leaves the output as it was."""
        self._free()
        self._output.remove_display_region(self._region)


def _triangle() -> p3d.GeomNode:
    """One triangle that covers clip space."""
    data = p3d.GeomVertexData("cover", p3d.GeomVertexFormat.get_v3(), p3d.Geom.UH_static)
    writer = p3d.GeomVertexWriter(data, "vertex")
    for x, z in ((-1.0, -1.0), (3.0, -1.0), (-1.0, 3.0)):
        writer.add_data3(x, 0.0, z)
    triangle = p3d.GeomTriangles(p3d.Geom.UH_static)
    triangle.add_vertices(0, 1, 2)
    geom = p3d.Geom(data)
    geom.add_primitive(triangle)
    node = p3d.GeomNode("cover")
    node.add_geom(geom)
    node.set_bounds(p3d.OmniBoundingVolume())
    node.set_final(True)
    return node
