"""From a video or a clip to a policy that lands it: `python -m tools.learn VIDEO_OR_CLIP`."""


class LearnError(Exception):
    """It cannot go on; the message is one line that says what was found and what would help."""
