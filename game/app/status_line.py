"""What the status lines at the window's corner say."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from game.input.world_actions import gravity_name
from game.session.session import Session


def lines(live: Session, chosen: int, camera: str) -> list[str]:
    """Of what is played and how it goes; in a replay, where that is."""
    clock = p3d.ClockObject.get_global_clock()
    speed = "paused" if live.paused else f"speed {live.speed:g}x"
    foot = f"{speed}   camera {camera}   {clock.get_average_frame_rate():.0f} fps"
    if live.replay is not None:
        marks = f"   camera marks {len(live.marks)}" if len(live.marks) else ""
        return [f"REPLAY   {live.replay.seconds_left:.1f} s to the end{marks}", foot]
    names, name = live.policy_names, live.policy_of(chosen)
    place = f"   {names.index(name) + 1} of {len(names)}" if name in names else ""
    gravity = live.snapshot.gravity
    agent = live.runtime.agents[chosen]
    return [
        f"{name or 'nobody drives him: there is no policy'}{place}",
        f"gravity {gravity_name(gravity) or f'{np.linalg.norm(gravity):.1f} m/s2'}   {foot}",
        f"flips {agent.flips}   falls {agent.falls}   {live.attempts.line()}",
    ]
