"""The scene drawn smaller than its output, enlarged and sharpened: really rendered."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d
import pytest
from numpy.typing import NDArray

from game.scene.set_spec import GroundSpec, ItemSpec, PartSpec, SetSpec, ViewSpec
from game.view.enlarged import Enlarged
from game.view.pick_pipe import Output, offscreen_properties
from game.view.quality import QUALITIES
from game.view.stage import Stage

SIZE = (150, 90)
POLE = ItemSpec("pole", parts=(PartSpec("box", (0.6, 0.6, 2.0), (0.0, 0.5, 1.0), color=(0.9, 0.1, 0.1)),))
SPEC = SetSpec(
    "t", ground=GroundSpec(material="chalk", size=(30.0, 30.0)), items=(POLE,),
    view=ViewSpec(position=(6.0, 0.0, 1.5), target=(0.0, 0.0, 0.9), field_of_view=0.8),
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("shaders")


def big_buffer(output: Output, size: tuple[int, int]) -> tuple[p3d.GraphicsOutput, p3d.Texture]:
    """What stands for a window."""
    wanted = p3d.FrameBufferProperties()
    wanted.set_rgba_bits(8, 8, 8, 8)
    wanted.set_depth_bits(24)
    buffer = output.engine.make_output(
        output.buffer.pipe, "window", 5, wanted, offscreen_properties(size), p3d.GraphicsPipe.BF_refuse_window,
        output.buffer.gsg, output.buffer,
    )  # fmt: skip
    picture = p3d.Texture()
    buffer.add_render_texture(picture, p3d.GraphicsOutput.RTM_copy_ram)
    buffer.clear_color = p3d.LColor(0.0, 0.0, 1.0, 1.0)
    return buffer, picture


def shot(output: Output, picture: p3d.Texture) -> NDArray[np.int64]:
    """(height, width, 3) RGB, top row first"""
    output.engine.render_frame()
    pixels = np.frombuffer(bytes(picture.get_ram_image_as("RGB")), np.uint8)
    return pixels.reshape(picture.y_size, picture.x_size, 3)[::-1].astype(np.int64)


def test_it_shows_what_the_camera_sees_over_the_whole_output(output: Output) -> None:
    window, picture = big_buffer(output, SIZE)
    stage = Stage(output.buffer, SPEC, QUALITIES["lite"])
    stage.lens.set_aspect_ratio(SIZE[0] / SIZE[1])
    region = window.make_display_region()
    region.camera = stage.camera
    direct = shot(output, picture)
    region.active = False
    before = output.engine.get_num_windows()
    enlarged = Enlarged(window, stage.camera, 0.6)
    assert enlarged.size == (90, 54)
    image = shot(output, picture)
    assert np.abs(image - direct).mean() < 6.0 and np.median(np.abs(image - direct)) <= 1.0
    red = [np.argwhere(i[..., 0] > 1.6 * i[..., 1] + 20) for i in (direct, image)]
    assert np.abs(red[0].mean(0) - red[1].mean(0)).max() < 0.7  # no shift, no other scale
    assert abs(len(red[0]) / len(red[1]) - 1.0) < 0.08
    edge = np.abs(np.diff(image[60, :, 1])).max()
    assert edge > 0.5 * np.abs(np.diff(direct[60, :, 1])).max()  # enlarged, but not blurred
    enlarged.close()
    assert output.engine.get_num_windows() == before
    region.active = True
    assert np.abs(shot(output, picture) - direct).max() <= 1
    stage.close()
    output.engine.remove_window(window)
