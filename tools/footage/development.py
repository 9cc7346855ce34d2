"""Development: what is done to a finished picture: an exposure that adapts, grain, bars that mask it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

GREY = 0.20
"""mean light, 0..1, that an exposure which adapts makes of a picture"""
DARKEST, BRIGHTEST = 0.55, 2.2
"""times the set's own exposure, between which it adapts"""
ADAPT_SECONDS = 0.7
"""s in which it makes up for 1 - 1/e of a change"""
GRAIN = 0.06
"""standard deviation of grain of strength 1 in middle grey, of 0..1"""
RATIOS = {"4:3": 4 / 3, "9:16": 9 / 16, "1:1": 1.0, "2.39:1": 2.39, "16:9": 16 / 9}
"""width over height of what a mask leaves"""


class AdaptingExposure:
    """An automatic exposure, a moment late as those of cameras are. Once at the beginning it is right at once."""

    def __init__(self) -> None:
        self.gain = 1.0
        """times the set's own exposure, for the next picture"""
        self._begun = False

    def see(self, picture: Picture, seconds: float) -> bool:
        """Adapts to a picture (height, width, 4) BGRA that was drawn with `gain`.

        Returns whether it should be drawn again with the new gain: only at the beginning.
        """
        height, width = picture.shape[:2]
        middle = picture[height // 6 : -height // 6 or None, width // 6 : -width // 6 or None : 4, :3]
        light = float(((middle / 255.0) ** 2.2).mean())
        # the response of a film is not linear: half the step, in stops, does not overshoot
        wanted = self.gain * (GREY / max(light, 1e-3)) ** 0.6
        wanted = min(max(wanted, DARKEST), BRIGHTEST)
        if not self._begun:
            self._begun = True
            self.gain = wanted
            return True
        share = -float(np.expm1(-seconds / ADAPT_SECONDS))
        self.gain *= (wanted / self.gain) ** share
        return False


@dataclass(frozen=True)
class FilmFinish:
    """What is laid over a picture."""

    grain: float = 0.0
    """strength, 0..1"""
    mask: str = ""
    """one of RATIOS: black bars leave a picture of these proportions in the middle"""

    def apply(self, picture: Picture, number: int) -> Picture:
        """The picture (height, width, 4) BGRA, finished; `number` is which one of the film, as grain never repeats."""
        finished = picture
        if self.grain > 0.0:
            finished = grained(finished, self.grain, number)
        if self.mask:
            finished = masked(finished, RATIOS[self.mask])
        return finished


PLAIN = FilmFinish()
"""nothing"""


def grained(picture: Picture, strength: float, number: int) -> Picture:
    """With grain, most of it in the middle greys, the same in all three colours."""
    height, width = picture.shape[:2]
    random = np.random.default_rng([20, number])
    noise = random.standard_normal((height, width), np.float32)
    noise = 0.6 * noise + 0.4 * np.roll(noise, 1, 1) + 0.4 * np.roll(noise, 1, 0)  # grains are larger than a pixel
    noise /= np.float32(np.sqrt(0.6**2 + 2 * 0.4**2))
    grey = picture[..., :3].mean(-1, dtype=np.float32) / 255.0
    amount = (255.0 * GRAIN * strength) * (0.35 + 2.6 * grey * (1.0 - grey)) * noise
    result = picture.copy()
    result[..., :3] = np.clip(np.round(picture[..., :3] + amount[..., None]), 0, 255)
    return result


def masked(picture: Picture, ratio: float) -> Picture:
    """With black bars, so that width / height of what is left is `ratio`."""
    height, width = picture.shape[:2]
    result = picture.copy()
    if width > ratio * height:
        bar = (width - round(ratio * height)) // 2
        result[:, :bar, :3] = 0
        result[:, width - bar :, :3] = 0
    else:
        bar = (height - round(width / ratio)) // 2
        result[:bar, :, :3] = 0
        result[height - bar :, :, :3] = 0
    return result
