"""The status lines at the window's top left."""

from __future__ import annotations

import numpy as np
import panda3d.core as p3d

from game.input.world_actions import gravity_name
from game.session.session import Session


def lines(session: Session, chosen: int, camera: str) -> list[str]:
    """Policy, gravity, speed, camera and counts of the chosen character; in a replay, how far it is."""
    clock = p3d.ClockObject.get_global_clock()
    speed = "paused" if session.paused else f"speed {session.speed:g}x"
    foot = f"{speed}   camera {camera}   {clock.get_average_frame_rate():.0f} fps"
    if session.replay is not None:
        marks = f"   camera marks {len(session.keyframes)}" if len(session.keyframes) else ""
        return [f"REPLAY   {session.replay.seconds_left:.1f} s to the end{marks}", foot]
    names, name = session.policy_names, session.policy_of(chosen)
    place = f"   {names.index(name) + 1} of {len(names)}" if name in names else ""
    gravity = session.snapshot.gravity
    counter = session.runtime.agents[chosen].counter
    doing = session.doing(chosen)
    return [
        f"{name or 'nobody drives him: there is no policy'}{place}{'   ' * bool(doing)}{doing}",
        f"gravity {gravity_name(gravity) or f'{np.linalg.norm(gravity):.1f} m/s2'}   {foot}",
        f"flips {counter.flips}   falls {counter.falls}   {session.attempts.line()}",
    ]
