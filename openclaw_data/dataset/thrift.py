"""Thrift's compact protocol, as far as Parquet's metadata uses it: structs as field id -> (type, value).

Whatever a newer writer puts in is kept as it is. Source: thrift-compact-protocol.md in github.com/apache/thrift.
"""

from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
Struct = dict[int, tuple[int, Any]]
"""Lists are (element type, values); the value of a boolean is its type."""


def read(data: bytes, at: int = 0) -> tuple[Struct, int]:
    """The struct that begins at `at`, and the place after it.

    Raises:
        ValueError: the bytes are no such struct.
    """
    found: Struct = {}
    field = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return found, at
        kind = head & 15
        if head >> 4:
            field += head >> 4
        else:
            field, at = _zigzag(data, at)
        value, at = _read_value(data, at, kind)
        found[field] = (kind, value)


def _read_value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (TRUE, FALSE):
        return kind, at
    if kind == BYTE:
        return data[at], at + 1
    if kind in (I16, I32, I64):
        return _zigzag(data, at)
    if kind == DOUBLE:
        return data[at : at + 8], at + 8
    if kind == BINARY:
        size, at = _varint(data, at)
        if at + size > len(data):
            raise ValueError("the bytes end inside a struct")
        return data[at : at + size], at + size
    if kind in (LIST, SET):
        head = data[at]
        at += 1
        size, inner = head >> 4, head & 15
        if size == 15:
            size, at = _varint(data, at)
        values = []
        for _ in range(size):
            if inner in (TRUE, FALSE):
                value, at = data[at], at + 1
            else:
                value, at = _read_value(data, at, inner)
            values.append(value)
        return (inner, values), at
    if kind == STRUCT:
        return read(data, at)
    raise ValueError(f"type {kind} is not used by Parquet")


def write(struct: Struct) -> bytes:
    """The bytes of a struct."""
    out = bytearray()
    last = 0
    for field in sorted(struct):
        kind, value = struct[field]
        step = field - last
        if 0 < step < 16:
            out.append(step << 4 | kind)
        else:
            out.append(kind)
            out += _put_zigzag(field)
        last = field
        out += _put_value(kind, value)
    out.append(0)
    return bytes(out)


def _put_value(kind: int, value: Any) -> bytes:
    if kind in (TRUE, FALSE):
        return b""
    if kind == BYTE:
        return bytes([value])
    if kind in (I16, I32, I64):
        return _put_zigzag(value)
    if kind == DOUBLE:
        return bytes(value)
    if kind == BINARY:
        return _put_varint(len(value)) + value
    if kind == STRUCT:
        return write(value)
    inner, values = value
    head = bytes([len(values) << 4 | inner]) if len(values) < 15 else bytes([0xF0 | inner]) + _put_varint(len(values))
    if inner in (TRUE, FALSE):
        return head + bytes(values)
    return head + b"".join(_put_value(inner, v) for v in values)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return value >> 1 ^ -(value & 1), at


def _put_varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _put_zigzag(value: int) -> bytes:
    return _put_varint(value << 1 if value >= 0 else (-value << 1) - 1)
