"""Sound that is played, or made for a film alone where nobody hears it."""

import numpy as np
import pytest

from game.camera.camera_pose import CameraPose
from game.session.opening import BARE
from game.sim.bullet import open_world
from game.sim.model import CharacterModel
from game.sound.track import HZ
from game.view import live_sound
from game.view.live_sound import LiveSound
from game.view.sound_player import SoundError

EAR = CameraPose.look((3.0, 0.0, 1.0), (0.0, 0.0, 1.0), 0.7)


def test_without_a_device_it_says_so_and_films_hear_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise SoundError("no sound: there is no sound device")

    monkeypatch.setattr(live_sound, "_look_for_device", refuse)
    sound = LiveSound()
    assert sound.toggle() == "no sound: there is no sound device"
    world = open_world(CharacterModel.load())
    world.add_character()
    sound.begin(BARE, world.model)
    ticks = []
    for _ in range(3):
        world.step(world.state.joint_rot)
        ticks.append(world.snapshot())
    assert sound.play(ticks, {}, 1.0, EAR).shape == (0, 2)
    assert sound.play(ticks, {}, 1.0, EAR, for_film=True).shape == (3 * HZ // 30, 2)
    slow = sound.play(ticks[:1], {}, 0.25, EAR, for_film=True)
    assert slow.shape == (4 * HZ // 30, 2)  # a quarter as fast is four times as long
    assert np.abs(slow).max() < 1.0
    sound.update()
    sound.close()
    world.close()
