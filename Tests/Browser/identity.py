"""Identity numbers that are valid by GB 11643 and belong to nobody we know: made from a serial number, always the same."""

from datetime import date, timedelta

# ISO 7064 MOD 11-2, as GB 11643 prescribes: weights from the left, check characters by remainder.
_WEIGHTS = [pow(2, 17 - position, 11) for position in range(17)]
_CHECK = "10X98765432"
# Districts of Shanghai by GB/T 2260: 黄浦, 徐汇, 闵行, 宝山, 浦东.
_AREAS = ("310101", "310104", "310112", "310113", "310115")


def check_character(first17: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECK[total % 11]


def identity_number(serial: int) -> str:
    """The number for a serial from 0 on; different serials below 5 million give different numbers."""
    area = _AREAS[serial % len(_AREAS)]
    rest = serial // len(_AREAS)
    birthday = date(1970, 1, 1) + timedelta(days=rest % 10_000)
    first17 = f"{area}{birthday:%Y%m%d}{rest // 10_000 + 1:03d}"
    return first17 + check_character(first17)


def with_wrong_check(number: str) -> str:
    """The same number with another last character, for pages that must refuse it."""
    return number[:17] + _CHECK[(_CHECK.index(number[17]) + 1) % len(_CHECK)]


def phone_number(serial: int) -> str:
    return f"139{serial % 100_000_000:08d}"
