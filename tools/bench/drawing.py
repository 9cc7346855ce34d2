"""What a picture costs in each quality, drawn without a window but the way that the window draws it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d

from game.camera.rigs import camera
from game.play import events as ev
from game.play.runtime import Runtime
from game.policy.library import PolicyLibrary
from game.scene.set_spec import SetSpec
from game.session.opening import find_policy
from game.sim.model import CharacterModel
from game.sim.snapshot import Snapshot
from game.view import pick_pipe
from game.view.camera_node import make_lens, place
from game.view.quality import QUALITIES, Tier
from game.view.scene_view import SceneView

SIZE = (1280, 720)
WARM_UP = 4
"""pictures of each quality before anything is measured: they load data and compile shaders"""
SKILL = "walk"
SHOWN_TICKS = 60
"""of the skill that is drawn, over and over"""


@dataclass(frozen=True)
class Cost:
    """Of one picture, s."""

    wall: float
    cpu: float
    """of all threads: without a graphics card drawing is done by them"""


class _Screen:
    """A buffer in the place of the window, and the scene in it."""

    def __init__(self, output: pick_pipe.Output, first: Snapshot, spec: SetSpec, tier: Tier,
                 size: tuple[int, int]) -> None:  # fmt: skip
        self._engine = output.engine
        before = set(self._engine.windows)
        wanted = p3d.FrameBufferProperties()
        wanted.set_rgba_bits(8, 8, 8, 8)
        wanted.set_depth_bits(24)
        wanted.set_multisamples(QUALITIES[tier].samples if tier == "film" else 0)
        buffer = self._engine.make_output(
            output.buffer.pipe, "screen", 5, wanted, pick_pipe.offscreen_properties(size),
            p3d.GraphicsPipe.BF_refuse_window | p3d.GraphicsPipe.BF_fb_props_optional, output.buffer.gsg, output.buffer,
        )  # fmt: skip
        if buffer is None:
            raise pick_pipe.OutputError(f"the renderer has no buffer of {size[0]}x{size[1]}")
        self._picture = p3d.Texture("screen")
        buffer.add_render_texture(self._picture, p3d.GraphicsOutput.RTM_copy_ram)
        root = p3d.NodePath("root")
        root.set_antialias(p3d.AntialiasAttrib.M_multisample)
        self._lens = p3d.PerspectiveLens()
        make_lens(self._lens)
        self._lens.set_aspect_ratio(size[0] / size[1])
        self._eye = root.attach_new_node(p3d.Camera("eye", self._lens))
        buffer.make_display_region().camera = self._eye
        self._view = SceneView(buffer, root, first.model, spec, tier, self._eye)
        self._rig = camera("follow", spec)
        self._draw(first)  # only then all of its buffers are there
        self._outputs = [w for w in self._engine.windows if w not in before]
        self.active = False

    def _draw(self, snapshot: Snapshot) -> None:
        pose = self._rig.update(snapshot, 1.0 / snapshot.model.control_hz)
        place(pose, self._eye, self._lens)
        self._view.show(snapshot, {}, 1.0 / snapshot.model.control_hz, pose)
        self._engine.render_frame()
        self._picture.get_ram_image()  # only then a graphics card has finished

    @property
    def active(self) -> bool:
        """Whether the engine draws it; several screens would be drawn by each of its frames."""
        return bool(self._outputs[0].active)

    @active.setter
    def active(self, value: bool) -> None:
        for output in self._outputs:
            output.active = value

    def cost(self, snapshot: Snapshot) -> Cost:
        """Draws one picture."""
        self.active = True
        wall, cpu = time.perf_counter(), time.process_time()
        self._draw(snapshot)
        cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
        self.active = False
        return cost

    def close(self) -> None:
        """Frees the graphics."""
        for output in self._outputs:
            self._engine.remove_window(output)


def snapshots(count: int) -> list[Snapshot]:
    """Somebody who walks, tick by tick. Raises PolicyError."""
    library = PolicyLibrary(CharacterModel.load())
    runtime = Runtime(library)
    name = find_policy(library, SKILL)
    assert name is not None  # of a skill that is not there, PolicyError is raised
    runtime.tick([ev.Play(name, place=True)])
    found = []
    for _ in range(count):
        runtime.tick([])
        found.append(runtime.world.snapshot())
    runtime.close()
    library.close()
    return found


def measure_drawing(spec: SetSpec, rounds: int, size: tuple[int, int] = SIZE) -> dict[str, float]:
    """Milliseconds a picture takes in each quality, and the qualities' costs over that of std.

    The qualities take turns picture by picture, so that what else the machine does hits all alike; the ratios are
    medians over the rounds. They are of the threads' CPU time where pictures are drawn in software, else of the time
    that passed. Raises OutputError, PolicyError, or RuntimeError where the renderer cannot draw it.
    """
    pick_pipe.configure()
    output = pick_pipe.open_offscreen()
    if not output.has_shaders:
        raise pick_pipe.OutputError(f"{output.driver} runs no shaders: there are no qualities to compare")
    software = pick_pipe.in_software(output.driver)
    print(f"{output.driver}, {size[0]}x{size[1]}, {spec.name}: {'CPU time' if software else 'time'}", flush=True)
    shown = snapshots(min(SHOWN_TICKS, rounds + WARM_UP))
    screens = {tier: _Screen(output, shown[0], spec, tier, size) for tier in QUALITIES}
    costs: dict[Tier, list[Cost]] = {tier: [] for tier in screens}
    for k in range(rounds + WARM_UP):
        for tier, screen in screens.items():
            cost = screen.cost(shown[k % len(shown)])
            if k >= WARM_UP:
                costs[tier].append(cost)
    for screen in screens.values():
        screen.close()
    return figures(costs, software=software)


def figures(costs: Mapping[Tier, list[Cost]], *, software: bool) -> dict[str, float]:
    """By name, from the costs of the same pictures in each quality."""
    found: dict[str, float] = {}
    compared = {tier: np.array([c.cpu if software else c.wall for c in each]) for tier, each in costs.items()}
    for tier, each in costs.items():
        found[f"draw_{tier}_ms"] = 1e3 * statistics.median(c.wall for c in each)
        found[f"draw_{tier}_cpu_ms"] = 1e3 * statistics.median(c.cpu for c in each)
    for tier in (t for t in costs if t != "std"):
        found[f"draw_{tier}_of_std"] = float(np.median(compared[tier] / compared["std"]))
    return found
