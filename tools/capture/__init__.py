"""From a video of a person to a motion clip: python -m tools.capture VIDEO.

The chain, a module each: `video` (frames in time) -> `pose` (BlazePose on one frame) -> `people` (who) -> `choose`
(the best reading of every frame) -> `fit` (one body, one camera, physics, the whole clip) -> `clip` (the humanoid's
clip) -> `checks` and `report` (how good it is) and `replay` (the overlay beside the avatar).

Two frames of coordinates beside the house's: image pixels (x right, y down), and the camera frame of the fit, which
has the house's axes as seen by the camera: x away from it into the picture, y to the left, z up.
"""

import game.policy  # noqa: F401  before onnxruntime: it forbids that to report to its makers


class CaptureError(Exception):
    """The video cannot be captured; the message is one line for the person who gave it."""
