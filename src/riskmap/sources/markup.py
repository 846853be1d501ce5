"""XML files, gzipped or not, read whole, but never unpacked or expanded without end."""

from __future__ import annotations

import gzip
import zlib
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree

from riskmap.errors import InputError
from riskmap.model.raw import Raw

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 1 << 27


def root_of(raw: Raw) -> Element:
    """The outermost element of an XML file.

    Raises:
        InputError: It is not XML, defines entities, names an encoding that is not known, or is a gzip file that is cut
            short or holds more than 128 MiB.
    """
    content = _unpacked(raw)
    try:
        root: Element = defusedxml.ElementTree.fromstring(content)
    # What it defines is a ValueError, and so is an encoding that expat cannot use; one unknown is a LookupError.
    except (ParseError, LookupError, ValueError) as error:
        raise InputError(raw.name, f"not valid XML ({error!r}); the download may have been cut short") from error
    return root


def _unpacked(raw: Raw) -> bytes:
    with raw.path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            file.seek(0)
            return file.read()
    try:
        with gzip.open(raw.path) as unpacked:
            content = unpacked.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(raw.name, f"not a whole gzip file ({error}); fetch it again") from error
    if len(content) > _MOST_BYTES:
        raise InputError(raw.name, f"holds more than {_MOST_BYTES:,} bytes once unpacked; fetch it again")
    return content
