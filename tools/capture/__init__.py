"""From a video of a person to a motion clip: python -m tools.capture VIDEO.

The chain (`chain`), a module each: `video` (frames in time) -> `scan` (shots, corners) -> `people` and `crossings`
(who; `pose` is BlazePose on one frame) -> `choose` (the best reading of every frame) -> `camera_path` and
`camera_travel` (how the camera moves) -> `observe` -> `fit` (one body, one camera, physics, the whole clip) ->
`speed` -> `clip` (the humanoid's clip) -> `verdict`, `parts` and `causes` (how good it is, where, and why) ->
`report_page` and `side_by_side`.

Two frames of coordinates beside the house's: image pixels (x right, y down), and the camera frame of the fit, which
has the house's axes as seen by the camera in the first frame: x away from it into the picture, y to the left, z up.
"""

import game.policy  # noqa: F401  before onnxruntime: it forbids that to report to its makers


class CaptureError(Exception):
    """The video cannot be captured; the message is one line for the person who gave it."""
