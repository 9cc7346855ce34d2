"""BuildOptions: the command line of tools.build_avatar."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from tools.build_avatar.options import AvatarConfig


@dataclass(frozen=True)
class BuildOptions(AvatarConfig):
    """With a photograph what is built is a figure for --avatar NAME; what is given here goes before what it shows."""

    photo: Path | None = None
    """A person who stands, seen from the front and from head to toe: build, colours and clothes are like there."""
    portrait: Path | None = None
    """A face from the front with open eyes, 24 pixels or more apart; it is the photo, too, where there is none."""
    physical: bool = False
    """Make a body, too, whose links are as long and heavy: for --character NAME, once policies are trained for it."""
    tall: float | None = None
    """m, your height, for --physical; by default the shoulders are as high as the usual body's."""
    no_picture: bool = False
    """Draw no picture of the figure for the panel."""

    def given(self) -> dict[str, object]:
        """The options of the look that are not as they come."""
        return {f.name: getattr(self, f.name) for f in fields(AvatarConfig) if getattr(self, f.name) != f.default}
