"""What Numba does not make of plain loops: vectors of the processor that stay in its registers."""

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

ROWS = 64
"""Rows that go through a tree together: their columns fit the first cache, their leaves four registers of 64 bytes."""
_LANES = 16
_WORD, _LONG = ir.IntType(32), ir.IntType(64)
_FLOATS, _WORDS = ir.VectorType(ir.FloatType(), _LANES), ir.VectorType(_WORD, _LANES)


def _all(builder: Any, value: Any, kind: Any) -> Any:
    """A vector with the same value in all its places."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(_WORDS, [0] * _LANES))


@intrinsic
def _strike(
    context: Any, columns: Any, column: Any, threshold: Any, masks: Any, first: Any, last: Any, open_leaves: Any
) -> Any:
    """The loop of `strike`."""

    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        at = [target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 1, 2, 3, 6)]
        rows, whole = range(0, ROWS, _LANES), ir.Constant(_WORDS, [-1] * _LANES)
        before, loop, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        node = builder.phi(_LONG)
        left = [builder.phi(_WORDS) for _ in rows]
        most = _all(builder, builder.load(builder.gep(at[2], [node])), _FLOATS)
        mask = _all(builder, builder.load(builder.gep(at[3], [node])), _WORDS)
        start = builder.mul(builder.zext(builder.load(builder.gep(at[1], [node])), _LONG), ir.Constant(_LONG, ROWS))
        remain = []
        for row, leaves in zip(rows, left, strict=True):
            where = builder.gep(at[0], [builder.add(start, ir.Constant(_LONG, row))])
            value = builder.load(builder.bitcast(where, _FLOATS.as_pointer()), align=4)
            right = builder.fcmp_ordered(">", value, most)
            remain.append(builder.and_(leaves, builder.select(right, mask, whole)))
        following = builder.add(node, ir.Constant(_LONG, 1))
        for phi, initial, next_one in zip(
            [node, *left], [values[4], *[whole] * len(left)], [following, *remain], strict=True
        ):
            phi.add_incoming(initial, before)
            phi.add_incoming(next_one, loop)
        builder.cbranch(builder.icmp_signed("<", following, values[5]), loop, done)
        builder.position_at_end(done)
        for row, leaves in zip(rows, remain, strict=True):
            where = builder.gep(at[4], [ir.Constant(_LONG, row)])
            builder.store(leaves, builder.bitcast(where, _WORDS.as_pointer()), align=4)
        return target.get_dummy_value()

    return types.void(columns, column, threshold, masks, types.int64, types.int64, open_leaves), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def strike(columns: Any, column: Any, threshold: Any, masks: Any, first: int, last: int, open_leaves: Any) -> None:
    """Strike out leaves of one tree for `ROWS` rows: the bits that are left go to `open_leaves` uint32[ROWS].

    columns float32[u, ROWS]; its nodes are `first` to `last` - 1 of column int32[...], threshold float32[...] and
    masks uint32[...], at least one: where columns[column[k]] > threshold[k], the leaves of masks[k] remain.
    """
    _strike(columns, column, threshold, masks, first, last, open_leaves)


@intrinsic
def _lowest(context: Any, word: Any) -> Any:
    def generate(_: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.zext(builder.cttz(values[0], ir.Constant(ir.IntType(1), 1)), ir.IntType(64))

    return types.int64(types.uint32), generate


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def lowest(word: Any) -> Any:
    """Index of the lowest bit that is set in a uint32 other than 0."""
    return _lowest(word)
