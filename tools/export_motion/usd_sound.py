"""The sound and the impacts of a recording in a USD stage. Pixar, "UsdMedia"."""

from __future__ import annotations

from pxr import Gf, Sdf, Usd, UsdMedia

from tools.export_motion.recording import Recording


def add_sound(stage: Usd.Stage, recording: Recording, sound: str | None) -> None:
    """`/World/sound` plays the file beside the stage; attributes of `/World/impacts` are set at the frames of impacts.

    Of several in one frame the hardest stands in `impulse` (N s), `label` and `point`; in the next frame it is 0 again.
    """
    if sound is not None:
        audio = UsdMedia.SpatialAudio.Define(stage, "/World/sound")
        audio.CreateFilePathAttr(Sdf.AssetPath(f"./{sound}"))
        audio.CreateAuralModeAttr(UsdMedia.Tokens.nonSpatial)
        audio.CreatePlaybackModeAttr(UsdMedia.Tokens.onceFromStart)
    if not recording.impacts:
        return
    prim = stage.DefinePrim("/World/impacts", "Scope")
    impulse = prim.CreateAttribute("impulse", Sdf.ValueTypeNames.Double)
    label = prim.CreateAttribute("label", Sdf.ValueTypeNames.String)
    point = prim.CreateAttribute("point", Sdf.ValueTypeNames.Point3d)
    impulse.Set(0.0, 0.0)
    for impact in sorted(recording.impacts, key=lambda one: one.impulse):
        impulse.Set(impact.impulse, float(impact.frame))
        label.Set(impact.name, float(impact.frame))
        point.Set(Gf.Vec3d(*impact.place), float(impact.frame))
    struck = {impact.frame for impact in recording.impacts}
    for frame in struck:
        for beside in (frame - 1, frame + 1):
            if beside not in struck and 0 <= beside < recording.num_frames:
                impulse.Set(0.0, float(beside))
