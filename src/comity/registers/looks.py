"""Numbers in several scripts: found by how they look as well as by how they sound, whichever script they are in.

Countries of Cyrillic and Greek script use the letters that look like Latin ones on plates, vehicles and documents, and
who reads them abroad types those. A record has one form, how its number sounds. A question has several: whatever looks
so, in each way in which it may sound.
"""

import unicodedata
from collections.abc import Iterator
from itertools import islice, product
from types import MappingProxyType
from typing import Final

from anyascii import anyascii

from comity.registers.numbers import fold_number

_CYRILLIC: Final = MappingProxyType(
    dict(zip("АВСЕНІЈКМОРТХУ", "ABCEHIJKMOPTXY", strict=True))  # noqa: RUF001 - that they look alike is the point
)
_GREEK: Final = MappingProxyType(
    dict(zip("ΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", "ABEHIKMNOPTXYZ", strict=True))  # noqa: RUF001 - as above
)
_FURTHER: Final = MappingProxyType(
    {
        chr(code): latin
        for latin, codes in {
            "C": (0x4AA,), "E": (0x510,), "F": (0x492, 0x4F6), "G": (0x50C,), "H": (0x4A2, 0x4A4, 0x4BA, 0x4C7, 0x4C9),
            "I": (0x4C0,), "K": (0x49A, 0x49C, 0x49E, 0x4A0, 0x4C3), "M": (0x4CD,), "O": (0x472, 0x4E8), "P": (0x48E,),
            "Q": (0x51A,), "S": (0x405,), "T": (0x4AC,), "V": (0x474,), "W": (0x51C,), "X": (0x4B2, 0x4FC),
            "Y": (0x4AE, 0x4B0),
        }.items()
        for code in codes
    }
)  # fmt: skip
"""Cyrillic capitals of single languages, by their code points: Macedonian, Kazakh, Tatar, Tajik and others."""
_FURTHER_GREEK: Final = MappingProxyType({"\N{GREEK CAPITAL LUNATE SIGMA SYMBOL}": "C", "\N{GREEK LETTER DIGAMMA}": "F",
                                          "\N{GREEK CAPITAL LETTER YOT}": "J"})  # fmt: skip
_LOOKS: Final = MappingProxyType({**_CYRILLIC, **_GREEK, **_FURTHER, **_FURTHER_GREEK})
"""Capitals of other scripts that look like a Latin one."""
_CYRILLIC_SOUNDS: Final = MappingProxyType(
    {latin: heard for each, latin in _CYRILLIC.items() if (heard := anyascii(each).upper()) != latin}
)
_GREEK_SOUNDS: Final = MappingProxyType(
    {latin: heard for each, latin in (_GREEK | _FURTHER_GREEK).items() if (heard := anyascii(each).upper()) != latin}
)
_FURTHER_SOUNDS: Final = tuple(
    dict.fromkeys(
        (latin, heard)
        for each, latin in _FURTHER.items()
        if (heard := anyascii(each).upper()) not in (latin, _CYRILLIC_SOUNDS.get(latin))
    )
)
"""Latin capitals with how a letter of a single language sounds that looks so."""
_ARABIC: Final = str.maketrans("\u0627\u0623\u0625\u0622\u0671\u0621\u0639", "AAAAAAE")
"""Alif in each way in which it is written, hamza, and ain: the letters that plates of several countries have beside
them. By their sound alone they would fall away, and two vehicles be one.
"""
_MIXED_MAX: Final = 4  # letters that sound otherwise in Cyrillic, up to which a number of both scripts is looked for
_FURTHER_MAX: Final = 40  # keys more for letters of single languages: enough for what stands on a plate


def sound_of(number: str) -> str:
    """A number's letters and digits in Latin capitals, as they sound: what a record is found by."""
    return _heard(number.translate(_ARABIC))


def _heard(number: str) -> str:
    return fold_number(number) or "".join(filter(str.isalnum, anyascii(number).upper()))


def look_of(number: str) -> str:
    """The same, with the Latin capital that each letter looks like; those that look like none as they sound."""
    return sound_of("".join(map(_look, number.upper())))


def sounds_asked(number: str) -> tuple[str, ...]:
    """How records may sound whose numbers look or sound like one that is asked, each once.

    It depends on the number alone. Cyrillic and Latin letters may stand mixed, as hands do that change their keyboard.
    """
    look = look_of(number)
    ways = [(each, _CYRILLIC_SOUNDS[each]) if each in _CYRILLIC_SOUNDS else (each,) for each in look]
    if sum(len(way) > 1 for way in ways) > _MIXED_MAX:
        mixed = [look, "".join(way[-1] for way in ways)]
    else:
        mixed = ["".join(chosen) for chosen in product(*ways)]
    greek = "".join(_GREEK_SOUNDS.get(each, each) for each in look)
    before = (_heard(number),) if number != number.translate(_ARABIC) else ()  # as it was indexed once
    return tuple(
        dict.fromkeys((sound_of(number), *mixed, greek, *islice(_further_sounds(look), _FURTHER_MAX), *before))
    )


def _further_sounds(look: str) -> Iterator[str]:
    """How a number may sound with a letter of a single language, the others being Latin, or Cyrillic."""
    cyrillic = [_CYRILLIC_SOUNDS.get(each, each) for each in look]
    for latin, heard in _FURTHER_SOUNDS:
        places = [at for at, each in enumerate(look) if each == latin]
        for chosen in dict.fromkeys((tuple(places), *((at,) for at in places))) if places else ():
            for others in (look, cyrillic):
                yield "".join(heard if at in chosen else each for at, each in enumerate(others))


def heard_and_seen(number: str) -> tuple[str, str]:
    """The two forms of a number: another is the same where it has one of them."""
    return sound_of(number), look_of(number)


def _look(letter: str) -> str:
    return _LOOKS.get(unicodedata.normalize("NFD", letter)[0], letter)
