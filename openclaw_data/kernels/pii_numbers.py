"""Which numbers of somebody the digits at a place in UTF-8 may be: lengths, groups and check digits, without context.

A number is read as **groups** of digits with up to three separators between two groups. Each kind is a bit; a bit that
is set means that the digits have the kind's form, one that is not that they cannot be it, whatever stands around them.
Full-width digits, letters and signs count as what they are.
"""

from typing import Any

import numba
import numpy as np

IPV4, IBAN, ID, USCC, HOTLINE, CARD, MOBILE, LANDLINE, SSN, PLUS, NANP = (1 << bit for bit in range(11))
"""Bits of kinds that the digits alone tell; `kernels.pii` has those for which words are needed."""

MOST_DIGITS, MOST_GROUPS = 24, 12
"""What is read of a number at most; no kind has more."""

PROVINCES = np.zeros(100, np.bool_)
PROVINCES[
    [*range(11, 16), 21, 22, 23, *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83]
] = True
USCC_VALUE = np.full(128, -1, np.int64)
for _value, _character in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY"):
    USCC_VALUE[ord(_character)] = USCC_VALUE[ord(_character.lower())] = _value
_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], np.int64)
_ID_CHECKS = np.array([1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2], np.int64)


@numba.njit(cache=True, nogil=True, _nrt=False)
def folded(data: Any, i: int, end: int) -> Any:
    """The ASCII character that the one at `i` stands for, or 0, and its bytes; 0 bytes at the end."""
    if i >= end:
        return 0, 0
    b = np.int64(data[i])
    if b < 0x80:
        return b, 1
    if b == 0xC2 and i + 1 < end and data[i + 1] == 0xA0:
        return 0x20, 2
    if b < 0xE0 or i + 2 >= end:
        return 0, 1
    code = (b & 0xF) << 12 | np.int64(data[i + 1] & 0x3F) << 6 | np.int64(data[i + 2] & 0x3F)
    if b == 0xEF and 0xFF01 <= code <= 0xFF5E:
        return code - 0xFEE0, 3
    if b == 0xE2 and 0x2010 <= code <= 0x2015:
        return 0x2D, 3
    if code == 0x3000:
        return 0x20, 3
    return 0, 3 if b < 0xF0 else 1


@numba.njit(cache=True, nogil=True, inline="always")
def digit(c: int) -> bool:
    """Is it 0-9?"""
    return 0x30 <= c <= 0x39


@numba.njit(cache=True, nogil=True, _nrt=False)
def letter(c: int) -> bool:
    """Is it A-Z or a-z?"""
    return 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A


@numba.njit(cache=True, nogil=True, _nrt=False)
def alnum(c: int) -> bool:
    """Is it a letter or a digit of ASCII?"""
    return 0x30 <= c <= 0x39 or 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A


@numba.njit(cache=True, nogil=True, _nrt=False)
def separator(c: int) -> bool:
    """May it stand between the digits of a number? That are: space - . ( ) /."""
    return c == 0x20 or 0x28 <= c <= 0x29 or 0x2D <= c <= 0x2F


@numba.njit(cache=True, nogil=True, _nrt=False)
def read(data: Any, i: int, end: int, digits: Any, sizes: Any, marks: Any, ends: Any) -> Any:
    """Read the number whose first digit is at `i`: (digits, groups).

    digits uint8[MOST_DIGITS]: their values; of each group sizes int64[...]: its digits, marks uint8[...]: the separator
    behind it, 255 for several, 0 where the number ends, ends int64[...]: the byte behind it. A group that is cut off
    by `MOST_DIGITS` has a size of 99.
    """
    found = groups = size = 0
    j = i
    while True:
        c, width = folded(data, j, end)
        while digit(c) and found < MOST_DIGITS:
            digits[found] = c - 0x30
            found += 1
            size += 1
            j += width
            c, width = folded(data, j, end)
        sizes[groups], marks[groups], ends[groups] = 99 if digit(c) else size, 0, j
        groups += 1
        first, gap = c, 0
        while gap < 4 and separator(c):
            gap += 1
            j += width
            c, width = folded(data, j, end)
        if gap == 0 or gap > 3 or not digit(c) or groups == MOST_GROUPS or found == MOST_DIGITS:
            return found, groups
        marks[groups - 1] = first if gap == 1 else 255
        size = 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _luhn(digits: Any) -> bool:
    """Do the digits uint8[n] pass the Luhn check (ISO/IEC 7812-1, annex B)?"""
    total, n = np.int64(0), len(digits)
    for k in range(n):
        value = np.int64(digits[n - 1 - k])
        total += 2 * value - 9 * (value > 4) if k % 2 else value
    return total % 10 == 0


@numba.njit(cache=True, nogil=True, _nrt=False)
def _card(digits: Any, sizes: Any, marks: Any, groups: int) -> bool:
    """12 to 19 digits that pass the Luhn check, alone or in the groups of cards."""
    if 12 <= sizes[0] <= 19:
        return _luhn(digits[: sizes[0]])
    mark = marks[0]
    if groups > 1 and sizes[0] == 6 and mark == 0x20 and 10 <= sizes[1] <= 13:
        return _luhn(digits[: 6 + sizes[1]])
    if groups < 3 or sizes[0] != 4 or mark not in (0x20, 0x2D) or marks[1] not in (0x20, 0x2D):
        return False
    if sizes[1] == 6:
        return 4 <= sizes[2] <= 5 and _luhn(digits[: 10 + sizes[2]])
    if groups < 4 or sizes[1] != 4 or sizes[2] != 4 or sizes[3] != 4 or marks[1] != mark or marks[2] != mark:
        return False
    return _luhn(digits[:16]) or (groups > 4 and marks[3] == mark and sizes[4] <= 3 and _luhn(digits[: 16 + sizes[4]]))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _date(year: int, digits: Any) -> bool:
    """Are the first four digits a month of the year and a day of it?"""
    month, day = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    if not 1 <= month <= 12 or day < 1:
        return False
    if month == 2:
        return day <= 28 + (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))
    return day <= 30 + ((month + month // 8) % 2)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _resident_id(data: Any, end: int, digits: Any, sizes: Any, marks: Any, ends: Any, groups: int) -> bool:
    """A resident ID of 15 digits, or of 18 characters in groups of 6-8-4 or 6-4-4-4: region, date, ISO 7064."""
    if not PROVINCES[digits[0] * 10 + digits[1]]:
        return False
    if sizes[0] == 15:
        return _date(1900 + digits[6] * 10 + digits[7], digits[8:])
    n = 0
    for k in range(groups):
        n += sizes[k]
        c = folded(data, ends[k], end)[0]
        if n == 18 or (n == 17 and (c | 0x20) == 0x78):
            year = digits[6] * 1000 + digits[7] * 100 + digits[8] * 10 + digits[9]
            if not 1800 <= year <= 2099 or not _date(year, digits[10:]):
                return False
            total = 0
            for j in range(17):
                total += digits[j] * _ID_WEIGHTS[j]
            return _ID_CHECKS[total % 11] == (10 if n == 17 else digits[17])
        if n not in (6, 10, 14) or marks[k] not in (0x20, 0x2D):
            return False
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _credit_code(data: Any, i: int, end: int) -> bool:
    """18 characters of a unified social credit code at `i`, with its check character (GB 32100, MOD 31-3)."""
    total, weight, value = 0, 1, np.int64(0)
    j = i
    for k in range(18):
        c, width = folded(data, j, end)
        if c < 0x30 or USCC_VALUE[c] < 0 or (1 <= k < 8 and not digit(c)):
            return False
        value = USCC_VALUE[c]
        if k < 17:
            total += value * weight
            weight = weight * 3 % 31
        j += width
    return (31 - total % 31) % 31 == value


@numba.njit(cache=True, nogil=True, _nrt=False)
def iban(data: Any, i: int, begin: int, end: int, lengths: Any) -> bool:
    """Is the first digit at `i` that of the check digits of an IBAN? lengths int64[676]: by country, 0 for none."""
    at = i - 1
    while at > begin and data[at] & 0xC0 == 0x80:
        at -= 1
    if at <= begin or not letter(folded(data, at, end)[0]):
        return False
    second = folded(data, at, end)[0] & 0x1F
    at -= 1
    while at > begin and data[at] & 0xC0 == 0x80:
        at -= 1
    first = folded(data, at, end)[0]
    if not letter(first):
        return False
    first &= 0x1F
    length = lengths[first * 26 + second - 27]
    if not length:
        return False
    j, rest, n = i, np.int64(0), 2
    check = np.int64(0)
    while n < length:
        c, width = folded(data, j, end)
        if digit(c):
            value = c - 0x30
            if n < 4:
                check = check * 10 + value
            else:
                rest = (rest * 10 + value) % 97
        elif letter(c) and n >= 4:
            rest = (rest * 100 + (c & 0x1F) + 9) % 97
        elif c not in (0x20, 0x2D):
            return False
        n += alnum(c)
        j += width
    rest = ((rest * 100 + first + 9) * 100 + second + 9) * 100 + check
    return rest % 97 == 1


@numba.njit(cache=True, nogil=True, _nrt=False)
def _ipv4(digits: Any, sizes: Any, marks: Any, groups: int) -> bool:
    """Four octets with dots, not of a network that is certainly private or local."""
    if groups < 4 or (groups > 4 and marks[3] == 0x2E):
        return False
    at, first, second = 0, np.int64(0), np.int64(0)
    for k in range(4):
        if sizes[k] > 3 or (k < 3 and marks[k] != 0x2E):
            return False
        value = np.int64(0)
        for _ in range(sizes[k]):
            value = value * 10 + digits[at]
            at += 1
        if value > 255:
            return False
        first, second = value if k == 0 else first, value if k == 1 else second
    return not (first in (0, 10, 127, 255) or (first == 192 and second == 168) or (first == 172 and 16 <= second < 32))


@numba.njit(cache=True, nogil=True, _nrt=False)
def _mobile(digits: Any, sizes: Any, marks: Any, groups: int, at: int) -> bool:
    """A mainland mobile number of which `at` digits of the first group are the country's."""
    if digits[at] != 1 or digits[at + 1] < 3:
        return False
    n, shape = 0, 0
    for k in range(groups):
        size = sizes[k] - (at if k == 0 else 0)
        if size > 11 or (k and (marks[k - 1] != marks[0] or marks[0] not in (0x20, 0x2D, 0x2E))):
            return False
        n += size
        shape = shape << 4 | size
        if n >= 11:
            if n > 11:
                return False
            return shape in (0xB, 0x344, 0x38, 0x74, 0x335, 0x56, 0x443, 0x32222, 0x11111111111)
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def _landline(digits: Any, sizes: Any, groups: int) -> bool:
    """0 and an area code, then seven or eight digits, alone or in two groups."""
    if groups < 2 or not 3 <= sizes[0] <= 4 or digits[0] or not digits[1] or digits[sizes[0]] < 2:
        return False
    return 7 <= sizes[1] <= 8 or (groups > 2 and 3 <= sizes[1] <= 4 and sizes[2] == 4)


@numba.njit(cache=True, nogil=True, _nrt=False)
def _hotline(digits: Any, n: int) -> bool:
    """A 400 or 800 number, or a toll-free one of North America, behind a country code or not."""
    for at in range(3):
        if n - at < 10 or (at == 1 and digits[0] != 1) or (at == 2 and (digits[0] != 8 or digits[1] != 6)):
            continue
        if digits[at] == 4 and digits[at + 1] == 0 and digits[at + 2] == 0:
            return True
        if digits[at] == 8 and digits[at + 1] == digits[at + 2]:
            return True
    return False


@numba.njit(cache=True, nogil=True, _nrt=False)
def kinds(
    data: Any, i: int, begin: int, end: int, n: int, groups: int, digits: Any, sizes: Any, marks: Any, ends: Any
) -> int:
    """The kinds (bits) that the number `read` at `i` may be: all but `IBAN`."""
    found = 0
    before = data[i - 1] if i > begin else 0
    country = 2 if n > 2 and digits[0] == 8 and digits[1] == 6 else 0
    if n > 4 and digits[0] == 0 and digits[1] == 0 and digits[2] == 8 and digits[3] == 6:
        country = 4
    if groups >= 4 and _ipv4(digits, sizes, marks, groups):
        found |= IPV4
    if n >= 15 and _resident_id(data, end, digits, sizes, marks, ends, groups):
        found |= ID
    if sizes[0] >= 8 and _credit_code(data, i, end):
        found |= USCC
    if sizes[0] >= 7 and before in (0x41, 0x4E, 0x59, 0x61, 0x6E, 0x79) and _credit_code(data, i - 1, end):
        found |= USCC
    if before > 0x80 and sizes[0] >= 7 and i - 3 >= begin and _credit_code(data, i - 3, end):
        found |= USCC
    if n >= 10 and _hotline(digits, n):
        found |= HOTLINE
    if n >= 12 and _card(digits, sizes, marks, groups):
        found |= CARD
    if n >= 11 and _mobile(digits, sizes, marks, groups, 0):
        found |= MOBILE
    if n >= 11 and sizes[0] > country > 0 and _mobile(digits, sizes, marks, groups, country):
        found |= MOBILE
    if n >= 9 and _landline(digits, sizes, groups):
        found |= LANDLINE
    if country and n - country >= 9 and (country == 4 or sizes[0] == 2 or before > 0x20):
        found |= LANDLINE
    if n >= 9 and groups >= 3 and sizes[0] == 3 and sizes[1] == 2 and sizes[2] == 4 and marks[0] == marks[1] == 0x2D:
        found |= SSN
    if n >= 9 and digits[0] and (before == 0x2B or (before == 0x8B and i - 3 >= begin and data[i - 3] == 0xEF)):
        found |= PLUS
    if n >= 10 and groups >= 3 and sizes[0] == 3 and sizes[1] == 3 and sizes[2] == 4 and marks[0] != 0x20:
        found |= NANP
    return found
