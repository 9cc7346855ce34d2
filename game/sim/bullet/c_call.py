"""Calls from compiled code by address, of C and of compiled functions: unlike ctypes' pointers they can be cached."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import typeof, types
from numba.core import cgutils
from numba.extending import intrinsic

_types: Any = types
_type_of: Any = typeof
_unpack: Any = cgutils.unpack_tuple
_if_unlikely: Any = cgutils.if_unlikely


def c_call(result: Any, *arguments: Any) -> Any:
    """A function for compiled code, call(address, *arguments), of the C function of that signature (numba types)."""

    @intrinsic
    def call(_context: Any, where: Any, *given: Any) -> Any:
        def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
            each = zip(_unpack(builder, values[1]), given, arguments, strict=True)
            cast = [context.cast(builder, value, found, wanted) for value, found, wanted in each]
            kinds = [context.get_value_type(wanted) for wanted in arguments]
            function = ir.FunctionType(context.get_value_type(result), kinds)
            return builder.call(builder.inttoptr(values[0], function.as_pointer()), cast)

        return result(where, _types.StarArgTuple.from_types(given)), build

    return call


def pointer_to(kind: Any) -> Any:
    """A function for compiled code, pointer(address), to values of a numba type; `numba.carray` makes arrays of it."""

    @intrinsic
    def pointer(_context: Any, where: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.inttoptr(values[0], context.get_value_type(signature.return_type))

        return _types.CPointer(kind)(where), build

    return pointer


def compiled_address(function: Any, *arguments: Any) -> int:
    """Where the machine code of a compiled function for arguments of these types is; it is compiled if need be."""
    kinds = tuple(_type_of(argument) for argument in arguments)
    function.compile(kinds)
    found = function.overloads[kinds]
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))


def _call_compiled(_context: Any, where: Any, *given: Any) -> Any:
    """For compiled code: call_compiled(address, *arguments) of a compiled function that returns nothing.

    A direct call would compile its code again as part of the caller's, and with fastmath that rounds otherwise. The
    arguments' types must be those that `compiled_address` was given.
    """

    def build(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        convention = context.call_conv
        function = builder.inttoptr(values[0], convention.get_function_type(types.none, given).as_pointer())
        arguments = _unpack(builder, values[1])
        status, _ = convention.call_function(builder, function, types.none, given, arguments)
        with _if_unlikely(builder, status.is_error):
            convention.return_status_propagate(builder, status)
        return context.get_dummy_value()

    return types.none(where, _types.StarArgTuple.from_types(given)), build


call_compiled: Any = intrinsic(_call_compiled)
