"""FilmCamera: renders the scene into a buffer of its own size, without the window's texts and panel."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from game.view.pick_pipe import offscreen_properties

SORT_AFTER_WINDOW = 10


class FilmCamera:
    """Renders a scene into memory. Raises RuntimeError if the renderer cannot make the buffer.

    Args:
        host: an open window or buffer, whose graphics context is shared.
        scene: the root of what is filmed.
        size: width and height in pixels.
        samples: multisampling, 0 for none.
    """

    def __init__(self, host: p3d.GraphicsOutput, scene: p3d.NodePath, size: tuple[int, int], samples: int = 0) -> None:
        self.size = size
        self._scene = scene
        self.lens = p3d.PerspectiveLens()
        self.lens.set_aspect_ratio(size[0] / size[1])
        self.node = scene.attach_new_node(p3d.Camera("film", self.lens))
        self._engine = host.engine
        self._texture = p3d.Texture("film")
        self._buffer = _make_buffer(host, size, samples)
        self._buffer.add_render_texture(self._texture, p3d.GraphicsOutput.RTM_copy_ram)
        self._buffer.make_display_region().camera = self.node
        self._buffer.clear_color = host.clear_color

    def follow(self, camera: p3d.NodePath, lens: p3d.Lens) -> None:
        """Copies another camera's place and the field of view along its shorter side."""
        self.node.set_mat(self._scene, camera.get_mat(self._scene))
        self.lens.set_near_far(lens.near, lens.far)
        self.lens.min_fov = lens.min_fov

    @property
    def active(self) -> bool:
        """Whether it renders with each frame of the engine; it costs nothing while it does not."""
        return bool(self._buffer.active)

    @active.setter
    def active(self, value: bool) -> None:
        self._buffer.active = value

    def frame(self) -> NDArray[np.uint8]:
        """Returns the last picture, (height, width, 4) BGRA, top row first. Raises RuntimeError if there is none."""
        image = self._texture.get_ram_image_as("BGRA")
        if not image:
            raise RuntimeError("nothing was filmed yet: render a frame first")
        width, height = self.size
        return np.frombuffer(bytes(image), np.uint8).reshape(height, width, 4)[::-1]

    def close(self) -> None:
        """Frees the buffer."""
        self._engine.remove_window(self._buffer)
        self.node.remove_node()


def _make_buffer(host: p3d.GraphicsOutput, size: tuple[int, int], samples: int) -> p3d.GraphicsOutput:
    wanted = p3d.FrameBufferProperties()
    wanted.set_rgba_bits(8, 8, 8, 8)
    wanted.set_depth_bits(24)
    wanted.set_multisamples(samples)
    buffer = host.engine.make_output(
        host.pipe,
        "film",
        SORT_AFTER_WINDOW,
        wanted,
        offscreen_properties(size),
        p3d.GraphicsPipe.BF_refuse_window | p3d.GraphicsPipe.BF_fb_props_optional,
        host.gsg,
        host,
    )
    if buffer is None:
        raise RuntimeError(f"the renderer has no buffer of {size[0]}x{size[1]}")
    return buffer
