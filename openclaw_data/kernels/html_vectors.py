"""What Numba does not make of plain loops: vectors of the processor that stay in its registers."""

import functools
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

ROWS = 64
"""Rows that go through a tree together: their columns fit the first cache, their leaves four registers of 64 bytes."""
_LANES = 16
RUN = 32
"""Bytes that `copy_run` looks at."""
_BYTE, _WORD, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
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


@intrinsic
def _transpose(context: Any, rows: Any, start: Any, width: Any, columns: Any, goal: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        source, out = (target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 3))

        def pointer(array: Any, first: Any, step: Any, k: int) -> Any:
            at = builder.add(first, builder.mul(step, ir.Constant(_LONG, k)))
            return builder.bitcast(builder.gep(array, [at]), _FLOATS.as_pointer())

        found = [builder.load(pointer(source, values[1], values[2], k), align=4) for k in range(_LANES)]
        for half in (8, 4, 2, 1):  # blocks of `half` by `half` change places
            places = [k if k & half == 0 else k - half + _LANES for k in range(_LANES)]
            left = ir.Constant(_WORDS, places)
            right = ir.Constant(_WORDS, [p + half for p in places])
            for k in (k for k in range(_LANES) if k & half == 0):
                a, b = found[k], found[k + half]
                found[k], found[k + half] = builder.shuffle_vector(a, b, left), builder.shuffle_vector(a, b, right)
        for k, vector in enumerate(found):
            builder.store(vector, pointer(out, values[4], ir.Constant(_LONG, ROWS), k), align=4)
        return target.get_dummy_value()

    return types.void(rows, types.int64, types.int64, columns, types.int64), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def transpose(rows: Any, n: int, columns: Any) -> None:
    """Columns of up to `ROWS` rows: rows float32[n..., width] to `columns` float32[width and up to 15 more, ROWS].

    `ROWS` + 1 rows must exist in memory; what is in those beyond n and in columns beyond the width is any number.
    """
    width = rows.shape[1]
    for r in range(0, n, _LANES):
        for c in range(0, width, _LANES):
            _transpose(rows, r * width + c, width, columns, c * ROWS + r)


@intrinsic
def _copy(context: Any, source: Any, i: Any, size: Any, out: Any, o: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        arrays = [target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 3)]
        start, goal = builder.gep(arrays[0], [values[1]]), builder.gep(arrays[1], [values[4]])
        cgutils.raw_memcpy(builder, goal, start, values[2], ir.Constant(_LONG, 1))
        return target.get_dummy_value()

    return types.void(source, types.int64, types.int64, out, types.int64), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def copy(source: Any, i: int, size: int, out: Any, o: int) -> None:
    """Copy source[i : i + size] to `out` at `o`, bytes."""
    _copy(source, i, size, out, o)


@intrinsic
def _copy_run(context: Any, data: Any, i: Any, out: Any, o: Any) -> Any:
    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        bytes_of = ir.VectorType(_BYTE, RUN)
        source, goal = (target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 2))

        def ahead(n: int) -> Any:
            where = builder.gep(source, [builder.add(values[1], ir.Constant(_LONG, n))])
            return builder.load(builder.bitcast(where, bytes_of.as_pointer()), align=1)

        def test(how: str, vector: Any, byte: int) -> Any:
            return builder.icmp_unsigned(how, vector, ir.Constant(bytes_of, [byte] * RUN))

        def either(*tests: Any) -> Any:
            return functools.reduce(builder.or_, tests)

        def all_of(*tests: Any) -> Any:
            return functools.reduce(builder.and_, tests)

        here, second, third = ahead(0), ahead(1), ahead(2)
        ends = either(
            test("<", here, 32),
            test("==", here, 60),
            test("==", here, 38),
            test("==", here, 127),
            all_of(
                test("==", here, 32),
                either(
                    test("<=", second, 32),
                    test("==", second, 60),
                    test("==", second, 38),
                    test("==", second, 127),
                    test("==", second, 0xC2),
                    test("==", second, 0xE2),
                    test("==", second, 0xE3),
                    test("==", second, 0xEF),
                ),
            ),
            all_of(test("==", here, 0xC2), either(test("==", second, 0xA0), test("==", second, 0xAD))),
            all_of(test("==", here, 0xE2), either(test("==", second, 0x80), test("==", second, 0x81))),
            all_of(test("==", here, 0xE3), test("==", second, 0x80), test("==", third, 0x80)),
            all_of(test("==", here, 0xEF), test("==", second, 0xBB), test("==", third, 0xBF)),
        )
        where = builder.gep(goal, [values[3]])
        builder.store(here, builder.bitcast(where, bytes_of.as_pointer()), align=1)
        length = builder.cttz(builder.bitcast(ends, ir.IntType(RUN)), ir.Constant(ir.IntType(1), 0))
        return builder.zext(length, _LONG)

    return types.int64(data, types.int64, out, types.int64), generate


@numba.njit(cache=True, nogil=True, _nrt=False, inline="always")
def copy_run(data: Any, i: int, out: Any, o: int) -> Any:
    """Copy data[i : i + RUN] to `out` at `o`; how many of these bytes stand as they are in a text.

    It stops at markup, references, white space but a single space before text, controls, and characters that may be
    white space or nothing. data[i : i + RUN + 2] and out[o : o + RUN] must exist.
    """
    return _copy_run(data, i, out, o)
