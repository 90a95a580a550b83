"""Checks that tell real numbers from look-alikes: check digits, dates, regions, lengths, public addresses.

Sources: GB 11643-1999 (resident ID) and ISO 7064 MOD 11-2; GB 32100-2015 (unified social credit code, MOD 31-3) and GB
11714 (its organisation part); ISO/IEC 7812 (Luhn, issuer ranges); ISO 13616 (IBAN); RFC 4291 and the IANA registries.
"""

import ipaddress
import re

PROVINCES = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54,
             61, 62, 63, 64, 65, 71, 81, 82, 83}  # fmt: skip
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_KINDS = {"11", "12", "13", "19", "21", "29", "31", "32", "33", "34", "35", "36", "37", "39", "41", "49", "51",
               "52", "53", "54", "55", "59", "61", "62", "69", "71", "72", "79", "81", "89", "91", "92", "93", "A1",
               "A9", "N1", "N2", "N3", "N9", "Y1"}  # fmt: skip
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18,
    "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24,
    "XK": 20,
}  # fmt: skip
_RESOLVERS = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "1.2.4.8", "9.9.9.9", "114.114.114.114", "114.114.115.115",
              "223.5.5.5", "223.6.6.6", "119.29.29.29", "180.76.76.76", "208.67.222.222", "208.67.220.220"}  # fmt: skip


def luhn(digits: str) -> bool:
    """Does the number pass the Luhn check (ISO/IEC 7812-1, annex B)?"""
    total = 0
    for place, character in enumerate(reversed(digits)):
        digit = int(character)
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def date(year: int, month: int, day: int) -> bool:
    """Is it a day of the calendar between 1850 and 2100?"""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    return 1850 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= days[month - 1]


def resident_id(number: str) -> bool:
    """Is it a resident ID of 18 characters, or an old one of 15 digits: region, date of birth and check character?"""
    if int(number[:2]) not in PROVINCES:
        return False
    if len(number) == 15:
        return date(1900 + int(number[6:8]), int(number[8:10]), int(number[10:12]))
    if not date(int(number[6:10]), int(number[10:12]), int(number[12:14])):
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False)) % 11
    return number[17].upper() == "10X98765432"[rest]


def credit_code(code: str, *, strict: bool) -> bool:
    """Is it a unified social credit code? `strict` checks the organisation's own check character as well."""
    code = code.upper()
    if code[:2] not in _USCC_KINDS or not code[2:8].isdigit() or int(code[2:4]) not in PROVINCES:
        return False
    if any(c not in _USCC_ALPHABET for c in code):
        return False
    total = sum(_USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(code[:17]))
    if _USCC_ALPHABET[(31 - total % 31) % 31] != code[17]:
        return False
    return not strict or organisation(code[8:17])


def organisation(code: str) -> bool:
    """Does an organisation code of eight characters and a check character hold (GB 11714)?"""
    total = sum(int(c, 36) * weight for c, weight in zip(code, _ORGANISATION_WEIGHTS, strict=False))
    return code[8] == "0123456789X"[(11 - total % 11) % 11]


def iban_length(country: str) -> int:
    """How long an IBAN of a country is, 0 for a country without."""
    return IBAN_LENGTHS.get(country.upper(), 0)


def iban(code: str) -> bool:
    """Does an IBAN without spaces have its country's length and its check digits?"""
    code = code.upper()
    if len(code) != iban_length(code[:2]) or not code[2:4].isdigit():
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


_BRANDS = re.compile(
    r"(?P<union>62\d{14,17})|4\d{12}(?:\d{3}|\d{6})?"
    r"|(?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|(?:6011|65\d{2}|64[4-9]\d)\d{12}"
    r"|35(?:2[89]|[3-8]\d)\d{12}|(?:2131|1800)\d{11}"
    r"|(?P<maestro>(?:5018|5020|5038|56\d{2}|57\d{2}|58\d{2}|6\d{3})\d{8,15})"
)


def card_brand(digits: str) -> str:
    """Whose range a card number is in: `union`, `maestro`, `card` for any other brand, "" for none."""
    match = _BRANDS.fullmatch(digits)
    return "" if not match else match.lastgroup or "card"


def public_ipv4(text: str) -> bool:
    """Is it an address that may be somebody's: not private, local, for documentation, a netmask or a known resolver?

    Multicast and future addresses count: nobody has them, but texts that make up addresses use them.
    """
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    first = int(text.partition(".")[0])
    if 224 <= first < 255:
        return True
    return address.is_global and first != 255 and text not in _RESOLVERS


def public_ipv6(text: str) -> bool:
    """Is it a global unicast address (2000::/3), and not one for documentation?"""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return address.is_global and int(address) >> 125 == 1
