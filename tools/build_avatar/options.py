"""AvatarConfig: what a user may choose about the person that is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HairStyle = Literal["parted", "crop", "curls", "bun", "bald", "long"]


@dataclass(frozen=True)
class AvatarConfig:
    """Colours are "#rrggbb" as on a screen."""

    out: Path = Path("models/humanoid")
    """Folder for the files NAME_high.glb, NAME_mid.glb and NAME_low.glb."""
    name: str = "avatar"
    """Beginning of the files' names."""
    skin: str = "#e3a07c"
    """Colour of face, hands and legs."""
    shirt: str = "#d8922f"
    """Colour of the shirt."""
    stripe: str = "#f3e7cd"
    """Colour of the shirt's stripes; the same as `shirt` for none."""
    trim: str = "#2d4a53"
    """Collar and cuffs."""
    trousers: str = "#2b3a5c"
    """Colour of the trousers."""
    shoes: str = "#c8402f"
    """Colour of the shoes."""
    soles: str = "#f1ece1"
    """Colour of the shoes' soles."""
    hair: str = "#3a2417"
    """Colour of the hair."""
    iris: str = "#4b7f86"
    """Colour of the eyes."""
    style: HairStyle = "parted"
    """Of the hair."""
    height: float = 1.0
    """Of the flesh, relative: legs and arms stay as long as the physical links."""
    build: float = 0.0
    """-1 thin .. 0 .. 1 stout."""
    sleeve: float = 0.150
    """m, length of the sleeves from the shoulder; the wrist is at 0.53."""
    trouser_leg: float = 0.7665
    """m, length of the trousers from the hip; the knee is at 0.42, the ankle at 0.83."""
    voxel: float = 0.0045
    """m, grid that the surface is first sampled on."""
    triangles: tuple[int, int, int] = (32000, 10000, 3000)
    """Of the body at each level of detail."""
