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
LEAVES = _LANES
"""Leaves of a tree at most: its values fit a register."""
RUN = 32
"""Bytes that `copy_run` looks at."""
_BYTE, _WORD, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_FLOATS, _WORDS = ir.VectorType(ir.FloatType(), _LANES), ir.VectorType(_WORD, _LANES)
_RUN = ir.VectorType(_BYTE, RUN)
_DOUBLES = ir.VectorType(ir.DoubleType(), _LANES // 2)


def _all(builder: Any, value: Any, kind: Any) -> Any:
    """A vector with the same value in all its places."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), ir.Constant(_WORDS, [0] * _LANES))


def _half(builder: Any, vector: Any, first: int) -> Any:
    """Eight floats of a vector from `first` on, as float64."""
    places = ir.Constant(ir.VectorType(_WORD, _LANES // 2), list(range(first, first + _LANES // 2)))
    return builder.fpext(builder.shuffle_vector(vector, ir.Constant(_FLOATS, ir.Undefined), places), _DOUBLES)


def _taken(builder: Any, table: Any, places: Any) -> Any:
    """The values of a vector at places that are only known later: one instruction where the processor has it."""
    found = ir.Constant(_FLOATS, ir.Undefined)
    for k in range(_LANES):
        at = ir.Constant(_WORD, k)
        found = builder.insert_element(found, builder.extract_element(table, builder.extract_element(places, at)), at)
    return found


def _remaining(builder: Any, at: list[Any], node: Any, left: list[Any]) -> list[Any]:
    """The leaves `left` in vectors of `ROWS` rows behind one node; `at`: columns, column, threshold, masks."""
    most = _all(builder, builder.load(builder.gep(at[2], [node])), _FLOATS)
    mask = _all(builder, builder.load(builder.gep(at[3], [node])), _WORDS)
    start = builder.mul(builder.zext(builder.load(builder.gep(at[1], [node])), _LONG), ir.Constant(_LONG, ROWS))
    remain = []
    for k, leaves in enumerate(left):
        where = builder.gep(at[0], [builder.add(start, ir.Constant(_LONG, k * _LANES))])
        value = builder.load(builder.bitcast(where, _FLOATS.as_pointer()), align=4)
        right = builder.fcmp_ordered(">", value, most)
        remain.append(builder.and_(leaves, builder.select(right, mask, ir.Constant(_WORDS, [-1] * _LANES))))
    return remain


def _with_leaves(builder: Any, sums: list[Any], table: Any, left: list[Any]) -> list[Any]:
    """The float64 sums and, added to them, the value in `table` of each row's first leaf that is left."""
    kind = ir.FunctionType(_WORDS, [_WORDS, ir.IntType(1)])
    lowest = cgutils.get_or_insert_function(builder.module, kind, f"llvm.cttz.v{_LANES}i32")
    halves = []
    for leaves in left:
        own = _taken(builder, table, builder.call(lowest, [leaves, ir.Constant(ir.IntType(1), 1)]))
        halves += [_half(builder, own, 0), _half(builder, own, _LANES // 2)]
    return [builder.fadd(a, b) for a, b in zip(sums, halves, strict=True)]


def _join(phis: list[Any], *ways: tuple[Any, list[Any]]) -> None:
    """Say which values the phis take, coming from which block."""
    for block, values in ways:
        for phi, value in zip(phis, values, strict=True):
            phi.add_incoming(value, block)


@intrinsic
def _add_trees(
    context: Any, columns: Any, column: Any, threshold: Any, masks: Any, ends: Any, leaf: Any, trees: Any, total: Any
) -> Any:
    """The loops of `add_trees`: the sums and the leaves of a tree stay in registers."""

    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        *at, ends_at, leaf_at, total_at = (
            target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 1, 2, 3, 4, 5, 7)
        )
        one, zero, whole = ir.Constant(_LONG, 1), ir.Constant(_LONG, 0), ir.Constant(_WORDS, [-1] * _LANES)
        vectors, no_sum = ROWS // _LANES, ir.Constant(_DOUBLES, [0.0] * (_LANES // 2))
        before, tree, nodes, done = (
            builder.block, *(builder.append_basic_block(name) for name in ("tree", "nodes", "done"))
        )  # fmt: skip
        leaves = builder.append_basic_block("leaves")
        builder.branch(tree)
        builder.position_at_end(tree)
        t, sums = builder.phi(_LONG), [builder.phi(_DOUBLES) for _ in range(2 * vectors)]
        next_tree = builder.add(t, one)
        first, last = (builder.load(builder.gep(ends_at, [which])) for which in (t, next_tree))
        builder.branch(nodes)
        builder.position_at_end(nodes)
        node, left = builder.phi(_LONG), [builder.phi(_WORDS) for _ in range(vectors)]
        remain, next_node = _remaining(builder, at, node, left), builder.add(node, one)
        _join([node, *left], (tree, [first, *[whole] * vectors]), (nodes, [next_node, *remain]))
        builder.cbranch(builder.icmp_signed("<", next_node, last), nodes, leaves)
        builder.position_at_end(leaves)
        where = builder.gep(leaf_at, [builder.mul(t, ir.Constant(_LONG, LEAVES))])
        table = builder.load(builder.bitcast(where, _FLOATS.as_pointer()), align=4)
        added = _with_leaves(builder, sums, table, remain)
        _join([t, *sums], (before, [zero, *[no_sum] * len(sums)]), (leaves, [next_tree, *added]))
        builder.cbranch(builder.icmp_signed("<", next_tree, values[6]), tree, done)
        builder.position_at_end(done)
        for k, vector in enumerate(added):
            where = builder.gep(total_at, [ir.Constant(_LONG, k * _LANES // 2)])
            builder.store(vector, builder.bitcast(where, _DOUBLES.as_pointer()), align=8)
        return target.get_dummy_value()

    return types.void(columns, column, threshold, masks, ends, leaf, types.int64, total), generate


@numba.njit(cache=True, nogil=True, _nrt=False)
def add_trees(columns: Any, column: Any, threshold: Any, masks: Any, ends: Any, leaf: Any, total: Any) -> None:
    """The sums of the trees' leaves for `ROWS` rows, in the order of the trees, to `total` float64[ROWS].

    columns float32[u, ROWS]; the nodes of tree t are ends[t] to ends[t+1] - 1, at least one, of column int32[...],
    threshold float32[...] and masks uint32[...]: where columns[column[k]] > threshold[k], of all leaves those of
    masks[k] remain. Then the row's is the first that is left, of leaf float32[trees, LEAVES]. At least one tree.
    """
    _add_trees(columns, column, threshold, masks, ends, leaf, len(ends) - 1, total)


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
        source, goal = (target.make_array(signature.args[k])(target, builder, values[k]).data for k in (0, 2))

        def ahead(n: int) -> Any:
            where = builder.gep(source, [builder.add(values[1], ir.Constant(_LONG, n))])
            return builder.load(builder.bitcast(where, _RUN.as_pointer()), align=1)

        def test(how: str, vector: Any, byte: int) -> Any:
            return builder.icmp_unsigned(how, vector, ir.Constant(_RUN, [byte] * RUN))

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
        builder.store(here, builder.bitcast(where, _RUN.as_pointer()), align=1)
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


def _places(*wanted: int) -> Any:
    """An intrinsic (data, i): bit k of a uint64 is set where data[i + k] is one of the bytes `wanted`, k < `RUN`."""

    @intrinsic
    def places(context: Any, data: Any, i: Any) -> Any:
        def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
            here = _run_at(target, builder, signature, values)
            tests = (builder.icmp_unsigned("==", here, ir.Constant(_RUN, [byte] * RUN)) for byte in wanted)
            bits = builder.bitcast(functools.reduce(builder.or_, tests), ir.IntType(RUN))
            return builder.zext(bits, _LONG)

        return types.uint64(data, types.int64), generate

    return places


def _run_at(target: Any, builder: Any, signature: Any, values: Any) -> Any:
    """`RUN` bytes of the array that is the first argument, from the second on."""
    source = target.make_array(signature.args[0])(target, builder, values[0]).data
    return builder.load(builder.bitcast(builder.gep(source, [values[1]]), _RUN.as_pointer()), align=1)


SPACE_BYTES = (9, 10, 12, 13, 32)
tag_name_ends = _places(0, *SPACE_BYTES, 47, 62)
attribute_name_ends = _places(*SPACE_BYTES, 47, 61, 62)
blanks, line_ends = _places(*SPACE_BYTES), _places(10, 13)
"""Where in data[i : i + RUN], which must exist, bytes stand that end a name, white space, line ends."""


@intrinsic
def equal_bytes(context: Any, data: Any, i: Any, byte: Any) -> Any:
    """Where in data[i : i + RUN] the byte stands, as the bits of a uint64."""

    def generate(target: Any, builder: Any, signature: Any, values: Any) -> Any:
        here, first = _run_at(target, builder, signature, values), ir.Constant(_RUN, ir.Undefined)
        first = builder.insert_element(first, builder.trunc(values[2], _BYTE), ir.Constant(_WORD, 0))
        wanted = builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(_WORD, RUN), [0] * RUN))
        return builder.zext(builder.bitcast(builder.icmp_unsigned("==", here, wanted), ir.IntType(RUN)), _LONG)

    return types.uint64(data, types.int64, types.int64), generate


@intrinsic
def lowest(context: Any, word: Any) -> Any:
    """Index of the lowest bit that is set in a uint64; 64 where there is none."""

    def generate(_: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate
