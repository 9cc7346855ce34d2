"""A recording as USD (.usdc, .usda), by usd-core: the same as the GLB, with its frames numbered and its rate.

Pixar, "UsdSkel", "UsdGeom", "UsdShade". Other than glTF, USD keeps how lenses zoom, and when things are there at all.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Tf, Usd, UsdGeom, UsdLux, UsdShade, UsdSkel, Vt

from game.scene.gltf_file import GltfFile
from game.sim import rotation
from game.sim.motion import ClipError
from tools.export_motion import glb_export
from tools.export_motion.recording import Recording
from tools.export_motion.usd_sound import add_sound

Array = NDArray[np.float64]

_APERTURE = 24.0
"""mm, height of a camera's film"""


def write(path: Path, recording: Recording, level: str = "mid", sound: str | None = None) -> None:
    """Write a .usdc or .usda. Raises ClipError, GltfError, OSError.

    Args:
        path: of the file.
        recording: what happened.
        level: of the avatar's detail: low, mid or high.
        sound: name of the sound's file beside it.
    """
    with TemporaryDirectory() as folder:
        glb = Path(folder) / "a.glb"
        glb_export.write(glb, recording, level)
        file = GltfFile.load(glb)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.stem}.part{path.suffix}")
    temporary.unlink(missing_ok=True)
    stage = Usd.Stage.CreateNew(str(temporary))
    stage.SetTimeCodesPerSecond(recording.fps)
    stage.SetFramesPerSecond(recording.fps)
    stage.SetStartTimeCode(0)
    stage.SetEndTimeCode(recording.num_frames - 1)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    _UsdScene(stage, file, recording).add()
    add_sound(stage, recording, sound)
    if not stage.GetRootLayer().Save():
        raise ClipError(f"{path.name} cannot be written")
    del stage
    temporary.replace(path)


class _UsdScene:
    """A GLB's nodes on their way into a stage."""

    def __init__(self, stage: Usd.Stage, file: GltfFile, recording: Recording) -> None:
        self._stage, self._file, self._recording = stage, file, recording
        self._nodes = file.items("nodes")
        self._moves: dict[tuple[int, str], Array] = {}
        animations = file.items("animations")
        for channel in animations[0]["channels"] if animations else []:
            sampler = animations[0]["samplers"][channel["sampler"]]
            node, path = int(channel["target"]["node"]), str(channel["target"]["path"])
            values = file.accessor(sampler["output"], "VEC4" if path == "rotation" else "VEC3")
            if len(values) != recording.num_frames:  # when something comes and goes: few keys, each holds
                frames = np.round(file.accessor(sampler["input"], "SCALAR")[:, 0] * recording.fps).astype(int)
                shown = np.searchsorted(frames, np.arange(recording.num_frames), side="right") - 1
                values = values[shown]
            self._moves[node, path] = values
        self._top = stage.DefinePrim("/World", "Xform")
        stage.SetDefaultPrim(self._top)

    def add(self) -> None:
        """All of the scene."""
        skinned: dict[int, list[int]] = {}
        joints = {joint for skin in self._file.items("skins") for joint in skin["joints"]}
        inside = {child for node in self._nodes for child in node.get("children", [])}
        holders = {k for k, node in enumerate(self._nodes) if set(node.get("children", [])) & joints}
        for index, node in enumerate(self._nodes):
            if "skin" in node:
                skinned.setdefault(int(node["skin"]), []).append(index)
            elif index not in inside | joints | holders:
                self._node(index)
        for skin, meshes in skinned.items():
            root = next(j for j in self._file.items("skins")[skin]["joints"] if j not in inside or any(
                j in self._nodes[h].get("children", []) for h in holders))  # fmt: skip
            holder = next((h for h in holders if root in self._nodes[h]["children"]), None)
            self._avatar(skin, meshes, holder)

    def _path(self, name: str) -> str:
        """A free path for something of this name."""
        base = f"/World/{Tf.MakeValidIdentifier(name or 'node')}"
        path, count = base, 1
        while self._stage.GetPrimAtPath(path):
            count += 1
            path = f"{base}_{count}"
        return path

    def _node(self, index: int) -> None:
        """A prop, a camera or a light."""
        node = self._nodes[index]
        path = self._path(str(node.get("name", "")))
        if "camera" in node:
            self._camera(path, node)
        elif "extensions" in node:
            light = self._file.json["extensions"]["KHR_lights_punctual"]["lights"][0]
            sun = UsdLux.DistantLight.Define(self._stage, path)
            sun.CreateColorAttr(Gf.Vec3f(*light["color"]))
            sun.CreateIntensityAttr(float(light["intensity"]) / 683.0)
        else:
            UsdGeom.Xform.Define(self._stage, path)
            if "mesh" in node:
                self._meshes(path, int(node["mesh"]))
        self._place(index, UsdGeom.Xformable(self._stage.GetPrimAtPath(path)))

    def _place(self, index: int, prim: UsdGeom.Xformable) -> None:
        """Where a node is, over time if it moves, and when it is there."""
        node = self._nodes[index]
        move, turn = prim.AddTranslateOp(), prim.AddOrientOp()
        places, turns = self._moves.get((index, "translation")), self._moves.get((index, "rotation"))
        if places is None:
            move.Set(Gf.Vec3d(*map(float, node.get("translation", (0.0, 0.0, 0.0)))))
        for frame, place in enumerate(() if places is None else places):
            move.Set(Gf.Vec3d(*map(float, place)), frame)
        if turns is None:
            turn.Set(_quaternion(np.array(node.get("rotation", rotation.IDENTITY), float)))
        for frame, q in enumerate(() if turns is None else rotation.continuous(turns)):
            turn.Set(_quaternion(q), frame)
        self._appear(index, prim)

    def _appear(self, index: int | None, prim: UsdGeom.Imageable) -> None:
        if index is None or (sizes := self._moves.get((index, "scale"))) is None:
            return
        shown = sizes[:, 0] > 0.5
        for frame in np.flatnonzero(np.concatenate([[True], shown[1:] != shown[:-1]])):
            token = UsdGeom.Tokens.inherited if shown[frame] else UsdGeom.Tokens.invisible
            prim.CreateVisibilityAttr().Set(token, float(frame))

    def _camera(self, path: str, node: dict[str, Any]) -> None:
        card = self._file.items("cameras")[int(node["camera"])]
        camera = UsdGeom.Camera.Define(self._stage, path)
        camera.CreateVerticalApertureAttr(_APERTURE)
        camera.CreateHorizontalApertureAttr(_APERTURE * float(card["perspective"]["aspectRatio"]))
        camera.CreateClippingRangeAttr(Gf.Vec2f(0.05, 200.0))
        track = next(t for t in self._recording.cameras if t.name == card["name"])
        for frame, fov in enumerate(track.fov):
            if frame == 0 or fov != track.fov[frame - 1]:
                camera.CreateFocalLengthAttr().Set(0.5 * _APERTURE / float(np.tan(0.5 * fov)), float(frame))
        layer = self._stage.GetRootLayer()
        if card["name"] == self._recording.active_camera:
            # what viewers look through first
            layer.customLayerData = {**layer.customLayerData, "cameraSettings": {"boundCamera": path}}

    def _meshes(self, above: str, mesh: int) -> list[UsdGeom.Mesh]:
        """A mesh of glTF under a prim: one of USD for each material."""
        card = self._file.items("meshes")[mesh]
        found = []
        for k, primitive in enumerate(self._file.objects(card, "primitives", "a mesh")):
            prim = UsdGeom.Mesh.Define(self._stage, f"{above}/mesh_{k}")
            attributes = primitive["attributes"]
            points = self._file.accessor(attributes["POSITION"], "VEC3")
            corners = self._file.indices(primitive["indices"], len(points))
            # all parts of a glTF mesh share one list of vertices: keep those that this one has
            used, corners = np.unique(corners, return_inverse=True)
            points = points[used]
            prim.CreatePointsAttr(Vt.Vec3fArray.FromNumpy(points.astype(np.float32)))
            prim.CreateExtentAttr([Gf.Vec3f(*map(float, edge)) for edge in (points.min(axis=0), points.max(axis=0))])
            prim.CreateFaceVertexIndicesAttr(Vt.IntArray.FromNumpy(corners.astype(np.int32)))
            prim.CreateFaceVertexCountsAttr(Vt.IntArray.FromNumpy(np.full(len(corners) // 3, 3, np.int32)))
            prim.CreateSubdivisionSchemeAttr(UsdGeom.Tokens.none)
            if "NORMAL" in attributes:
                normals = self._file.accessor(attributes["NORMAL"], "VEC3")[used].astype(np.float32)
                prim.CreateNormalsAttr(Vt.Vec3fArray.FromNumpy(normals))
                prim.SetNormalsInterpolation(UsdGeom.Tokens.vertex)
            if "material" in primitive:
                UsdShade.MaterialBindingAPI.Apply(prim.GetPrim()).Bind(self._material(int(primitive["material"])))
            if "JOINTS_0" in attributes:
                joints, weights = (
                    self._file.accessor(attributes[key], "VEC4")[used] for key in ("JOINTS_0", "WEIGHTS_0")
                )
                binding = UsdSkel.BindingAPI.Apply(prim.GetPrim())
                weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
                indices = Vt.IntArray.FromNumpy(joints.astype(np.int32).reshape(-1))
                binding.CreateJointIndicesPrimvar(False, 4).Set(indices)
                shares = Vt.FloatArray.FromNumpy(weights.astype(np.float32).reshape(-1))
                binding.CreateJointWeightsPrimvar(False, 4).Set(shares)
            found.append(prim)
        return found

    def _material(self, index: int) -> UsdShade.Material:
        path = f"/World/materials/material_{index}"
        if self._stage.GetPrimAtPath(path):
            return UsdShade.Material.Get(self._stage, path)
        card = self._file.items("materials")[index].get("pbrMetallicRoughness", {})
        material = UsdShade.Material.Define(self._stage, path)
        shader = UsdShade.Shader.Define(self._stage, f"{path}/surface")
        shader.CreateIdAttr("UsdPreviewSurface")
        color = card.get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))
        shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(Gf.Vec3f(*map(float, color[:3])))
        for name, key in (("roughness", "roughnessFactor"), ("metallic", "metallicFactor")):
            shader.CreateInput(name, Sdf.ValueTypeNames.Float).Set(float(card.get(key, 1.0)))
        material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
        return material

    def _avatar(self, skin: int, meshes: list[int], holder: int | None) -> None:
        """A skinned body with its skeleton and the joints' motion."""
        card = self._file.items("skins")[skin]
        joints = [int(j) for j in card["joints"]]
        path = self._path(str(card.get("name", "avatar")))
        root = UsdSkel.Root.Define(self._stage, path)
        self._appear(holder, root)
        above = {child: k for k, node in enumerate(self._nodes) for child in node.get("children", [])}
        names: dict[int, str] = {}
        for joint in sorted(joints, key=lambda j: self._depth(j, above)):
            own = Tf.MakeValidIdentifier(str(self._nodes[joint]["name"]))
            names[joint] = f"{names[above[joint]]}/{own}" if above.get(joint) in names else own
        tokens = Vt.TokenArray([names[j] for j in joints])
        inverse = self._file.accessor(card["inverseBindMatrices"], "MAT4").reshape(-1, 4, 4)
        skeleton = UsdSkel.Skeleton.Define(self._stage, f"{path}/skeleton")
        skeleton.CreateJointsAttr(tokens)
        # both write matrices for row vectors in one order: glTF's columns are USD's rows
        skeleton.CreateBindTransformsAttr(Vt.Matrix4dArray([Gf.Matrix4d(np.linalg.inv(m)) for m in inverse]))
        moves, turns = self._joint_tracks(joints)
        skeleton.CreateRestTransformsAttr(Vt.Matrix4dArray([
            Gf.Matrix4d(Gf.Rotation(Gf.Quatd(_quaternion(q))), Gf.Vec3d(*map(float, place)))
            for place, q in zip(moves[0], turns[0], strict=True)
        ]))  # fmt: skip
        animation = UsdSkel.Animation.Define(self._stage, f"{path}/skeleton/motion")
        animation.CreateJointsAttr(tokens)
        animation.CreateScalesAttr(Vt.Vec3hArray([Gf.Vec3h(1.0, 1.0, 1.0)] * len(joints)))
        for frame in range(self._recording.num_frames):
            animation.CreateTranslationsAttr().Set(Vt.Vec3fArray.FromNumpy(moves[frame].astype(np.float32)), frame)
            animation.CreateRotationsAttr().Set(Vt.QuatfArray([_quaternion(q) for q in turns[frame]]), frame)
        UsdSkel.BindingAPI.Apply(skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([animation.GetPath()])
        for mesh in meshes:
            part = f"{path}/{Tf.MakeValidIdentifier(str(self._nodes[mesh]['name']))}"
            UsdGeom.Scope.Define(self._stage, part)
            for prim in self._meshes(part, int(self._nodes[mesh]["mesh"])):
                UsdSkel.BindingAPI(prim.GetPrim()).CreateSkeletonRel().SetTargets([skeleton.GetPath()])

    def _joint_tracks(self, joints: list[int]) -> tuple[Array, Array]:
        """Places (T, J, 3) and turns (T, J, 4) of joints in their parents."""
        frames = self._recording.num_frames
        moves, turns = np.zeros((frames, len(joints), 3)), np.zeros((frames, len(joints), 4))
        for k, joint in enumerate(joints):
            node = self._nodes[joint]
            moves[:, k] = self._moves.get((joint, "translation"), np.array(node.get("translation", (0.0, 0.0, 0.0))))
            turns[:, k] = self._moves.get((joint, "rotation"), np.array(node.get("rotation", rotation.IDENTITY)))
        return moves, turns

    def _depth(self, joint: int, above: dict[int, int]) -> int:
        depth = 0
        while joint in above:
            joint, depth = above[joint], depth + 1
        return depth


def _quaternion(q: Array) -> Gf.Quatf:
    return Gf.Quatf(float(q[3]), float(q[0]), float(q[1]), float(q[2]))
