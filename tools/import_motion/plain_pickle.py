"""Pickles of plain values and numpy arrays, read without running anything that they name.

A pickle is a program. This one may only build numbers, texts, lists, tuples, dicts and arrays: every opcode is checked
before it runs, and the few names that numpy needs lead to small functions here rather than into numpy.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from game.sim.motion import ClipError

MAX_BYTES = 16 << 20
_MAX_OPCODES = 4_000_000
_OPCODES = """
    PROTO FRAME STOP MARK POP POP_MARK DUP NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT
    BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE BINBYTES SHORT_BINBYTES BINBYTES8
    BYTEARRAY8 EMPTY_LIST APPEND APPENDS LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_DICT DICT SETITEM SETITEMS
    PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET GLOBAL STACK_GLOBAL REDUCE BUILD
"""
_ALLOWED = frozenset(_OPCODES.split())


class _Type:
    """A number type, in place of numpy.dtype."""

    def __init__(self, name: object, *_: object) -> None:
        kind = np.dtype(name) if isinstance(name, str) and name[:1] in "fiub" and len(name) <= 4 else None
        if kind is None or kind.kind not in "fiub":
            raise pickle.UnpicklingError(f"arrays of {str(name)[:20]!r}")
        self.dtype = kind

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _AnyType(_Type):
    """A number type, or that of arrays of plain values."""

    def __init__(self, name: object, *_: object) -> None:
        if name in ("O", "O8"):
            self.dtype = np.dtype(object)
        else:
            super().__init__(name)


class _Array:
    """An array that is filled by BUILD, in place of numpy.ndarray."""

    def __init__(self) -> None:
        self.array: Any = np.zeros(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, raw = state
        if isinstance(kind, _AnyType) and kind.dtype.kind == "O" and isinstance(raw, list):
            self.array = raw
            return
        self.array = _filled(raw, kind, shape, "F" if fortran else "C")


def _filled(raw: Any, kind: Any, shape: Any, order: Any) -> np.ndarray[Any, Any]:
    if not isinstance(raw, bytes | bytearray) or not isinstance(kind, _Type):
        raise pickle.UnpicklingError("an array of something other than numbers")
    return np.frombuffer(raw, kind.dtype).reshape(shape, order=order).copy()


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _frombuffer(raw: Any, kind: Any, shape: Any, order: Any) -> _Array:
    result = _Array()
    result.array = _filled(raw, kind, shape, order)
    return result


def _scalar(kind: Any, raw: Any) -> Any:
    return _filled(raw, kind, (), "C").item()


def _encode(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("bytes in an unknown encoding")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """How old pickles write empty bytes."""
    return b""


_ARRAYS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("multiarray", "_reconstruct", _reconstruct),
    ("multiarray", "scalar", _scalar),
    ("numeric", "_frombuffer", _frombuffer),
)
_NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): _Array,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("collections", "OrderedDict"): OrderedDict,
    **{(f"numpy.{core}.{module}", name): f for core in ("core", "_core") for module, name, f in _ARRAYS},
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, objects: bool) -> None:
        super().__init__(file)
        self._objects = objects

    def find_class(self, module: str, name: str) -> Any:
        if self._objects and (module, name) == ("numpy", "dtype"):
            return _AnyType
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it names {module[:40]}.{name[:40]}, which is not run")
        return _NAMES[module, name]


def loads(data: bytes, name: str, *, objects: bool = False) -> Any:
    """The object in a pickle; its arrays are numpy arrays. Raises ClipError for anything but plain values.

    With `objects`, an array of plain values, as numpy saves a dict, becomes a list of them.
    """
    if len(data) > MAX_BYTES:
        raise ClipError(f"{name}: {len(data) >> 20} MiB, expected at most {MAX_BYTES >> 20}")
    try:
        _check_opcodes(data)
        return _plain(_Unpickler(io.BytesIO(data), objects).load(), 0)
    except (pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, EOFError, AttributeError,
            OverflowError, MemoryError, RecursionError, NotImplementedError) as error:  # fmt: skip
        raise ClipError(f"{name}: not a pickle of plain values and arrays ({error})") from error


def _check_opcodes(data: bytes) -> None:
    """Refuse whatever is not needed, and memo numbers that would ask for gigabytes."""
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if count > _MAX_OPCODES:
            raise pickle.UnpicklingError(f"over {_MAX_OPCODES} steps")
        if opcode.name not in _ALLOWED:
            raise pickle.UnpicklingError(f"opcode {opcode.name} is not run")
        if opcode.name.endswith("PUT") and int(argument or 0) > count:
            raise pickle.UnpicklingError("a memo number is out of order")


def _plain(value: Any, depth: int) -> Any:
    """Arrays in dicts unwrapped; deeper ones are not needed by any format that is read."""
    if isinstance(value, _Array):
        return [_plain(v, depth) for v in value.array] if isinstance(value.array, list) else value.array
    if isinstance(value, dict) and depth < 4:
        return {k: _plain(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list) and depth < 4 and any(isinstance(v, _Array) for v in value):
        return [_plain(v, depth + 1) for v in value]
    return value
