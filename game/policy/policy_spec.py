"""PolicySpec: what a policy file says about itself, as one JSON metadata property (policies/README.md)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from game.scene.json_text import JsonError, parse_object
from game.scene.refusal import reason_of, shortened
from game.sim.model import CharacterModel

SCHEMAS = (1, 2)
"""1: the clip is inside the graph; 2: the reference's next poses are inputs, see `PolicySpec.lookahead`"""
METADATA_KEY = "pratfall"
REQUIRED = {"name", "skill", "clip", "control_hz", "character", "character_sha256", "joints", "gains"}
MAX_LOOKAHEAD = (32, 2.0)
"""poses, and s ahead, that a policy may ask for"""
MAX_GAINS = {"kp": 5000.0, "kd": 500.0}
"""N m/rad and N m s/rad; the controller is stable for any, but these are no longer a body's"""
MIN_DURATION, MAX_DURATION = 1.0 / 30.0, 3600.0
"""s of a clip"""
MAX_LETTERS = 200
"""of a name, skill or family"""
MAX_PROSE = 4000
"""letters of the provenance and the licence"""
MAX_CARD = 1 << 20
"""letters of the whole card"""
CONTRACT = "policies/README.md says what a policy is"
ANCHORS = ("start", "cycle")


class PolicyError(ValueError):
    """A policy does not fit: says what was found, what was expected and what is available."""


@dataclass(frozen=True)
class ClipInfo:
    """The motion that a policy imitates."""

    name: str
    duration: float
    """s, of one cycle"""
    loop: bool


@dataclass(frozen=True)
class PolicySpec:
    """A policy's self-description."""

    name: str
    skill: str
    clip: ClipInfo | None
    control_hz: int
    character: str
    character_sha256: str
    joints: tuple[str, ...]
    gains: dict[str, list[float]]
    """kp, kd and torque_limit, one number a joint; the controller uses its kp and kd while the policy plays"""
    anchor: str = "start"
    """`start`: set when the policy is started; `cycle`: set anew at the first tick of every cycle of the clip"""
    family: str = ""
    """policies of one family are the ages of one skill"""
    age: float | None = None
    """0 newborn .. 1 trained"""
    allowed_contacts: tuple[str, ...] = ()
    """bodies beside the feet that may touch the floor without it being called a fall"""
    lookahead: tuple[float, ...] = ()
    """s from now, of the poses of the reference that the policy has as inputs; empty where it has its clip inside"""
    repertoire: dict[str, str] = field(default_factory=dict)
    """of a policy with lookahead: the clip of each skill that it knows"""
    training: dict[str, Any] = field(default_factory=dict)
    """samples, seconds, minutes, config, ..."""
    scores: dict[str, Any] = field(default_factory=dict)
    """of tools.evaluate"""
    provenance: str = ""
    licence: str = ""

    @staticmethod
    def for_model(model: CharacterModel, name: str, skill: str, clip: ClipInfo | None, **more: Any) -> PolicySpec:
        """The spec of a policy for this very body."""
        gains = {key: getattr(model, key).tolist() for key in ("kp", "kd", "torque_limit")}
        return PolicySpec(
            name, skill, clip, model.control_hz, model.name, model.sha256, model.joint_names, gains, **more
        )

    def to_json(self) -> str:
        """The metadata property's text."""
        card = asdict(self)
        if not self.lookahead:
            # a file of schema 1 as it always was
            del card["lookahead"], card["repertoire"]
        return json.dumps({"schema": 2 if self.lookahead else 1, **card})

    @staticmethod
    def from_json(text: str) -> PolicySpec:
        """Read the metadata property. Raises PolicyError."""
        try:
            card = parse_object(text, f"metadata {METADATA_KEY!r}", max_bytes=MAX_CARD)
        except JsonError as error:
            raise PolicyError(str(error)) from error
        schema = card.pop("schema", None)
        if schema not in SCHEMAS:
            raise PolicyError(f"metadata schema {schema!r}, expected {' or '.join(map(str, SCHEMAS))}")
        if bool(card.get("lookahead")) != (schema == 2):
            raise PolicyError(f"metadata of schema {schema} with a lookahead of {card.get('lookahead')}: a lookahead "
                              "is what schema 2 has and schema 1 has not")  # fmt: skip
        known = {f.name for f in fields(PolicySpec)}
        if missing := REQUIRED - card.keys():
            raise PolicyError(f"metadata lacks {', '.join(sorted(missing))}")
        try:
            return _typed({key: value for key, value in card.items() if key in known})
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError) as error:
            raise PolicyError(f"metadata has a value of the wrong kind: {reason_of(error)}") from error

    def check(self, model: CharacterModel) -> None:
        """Raise PolicyError unless the policy was made for this body at these rates, with gains that make sense."""
        pairs: list[tuple[str, object, object]] = [
            ("character", self.character, model.name),
            ("joints", self.joints, model.joint_names),
            ("control_hz", self.control_hz, model.control_hz),
            ("character_sha256", self.character_sha256, model.sha256),
        ]
        pairs.append(("torque_limit", self.gains.get("torque_limit"), model.torque_limit.tolist()))
        for what, found, expected in pairs:
            if found != expected:
                raise PolicyError(
                    f"made for another body: {what} is {shortened(str(found))}, expected {expected}; {CONTRACT}"
                )
        for what, most in MAX_GAINS.items():
            gains = self.gains.get(what, [])
            if len(gains) != model.num_joints or not all(0.0 <= gain <= most for gain in gains):
                raise PolicyError(
                    f"{what} is {shortened(str(gains))}, expected {model.num_joints} numbers of 0..{most}"
                )


def _typed(card: dict[str, Any]) -> PolicySpec:
    clip = card["clip"]
    if clip is not None:
        clip = ClipInfo(str(clip["name"]), float(clip["duration"]), bool(clip["loop"]))
        if not MIN_DURATION <= clip.duration <= MAX_DURATION:
            raise ValueError(f"clip duration {clip.duration}, expected {MIN_DURATION:.3f}..{MAX_DURATION:g} s")
    anchor = card.get("anchor", "start")
    if anchor not in ANCHORS:
        raise ValueError(f"anchor {anchor!r}, expected one of {', '.join(ANCHORS)}")
    lookahead = tuple(float(ahead) for ahead in card.get("lookahead", ()))
    most, longest = MAX_LOOKAHEAD
    if len(lookahead) > most or not all(0.0 <= ahead <= longest for ahead in lookahead):
        raise ValueError(f"lookahead {lookahead}, expected at most {most} numbers of 0..{longest} s")
    age = card.get("age")
    if age is not None and not 0.0 <= float(age) <= 1.0:
        raise ValueError(f"age {age}, expected 0..1")
    for key, most in {**dict.fromkeys(("name", "skill", "family"), MAX_LETTERS),
                      **dict.fromkeys(("provenance", "licence"), MAX_PROSE)}.items():  # fmt: skip
        if len(str(card.get(key, ""))) > most:
            raise ValueError(f"{key} of {len(str(card[key]))} letters, expected at most {most}")
    return PolicySpec(
        name=str(card["name"]),
        skill=str(card["skill"]),
        clip=clip,
        control_hz=int(card["control_hz"]),
        character=str(card["character"]),
        character_sha256=str(card["character_sha256"]),
        joints=tuple(str(j) for j in card["joints"]),
        gains={str(k): [float(v) for v in values] for k, values in card["gains"].items()},
        anchor=anchor,
        family=str(card.get("family", "")),
        age=None if age is None else float(age),
        allowed_contacts=tuple(str(b) for b in card.get("allowed_contacts", ())),
        lookahead=lookahead,
        repertoire={str(skill): str(name) for skill, name in dict(card.get("repertoire", {})).items()},
        training=dict(card.get("training", {})),
        scores=dict(card.get("scores", {})),
        provenance=str(card.get("provenance", "")),
        licence=str(card.get("licence", "")),
    )
