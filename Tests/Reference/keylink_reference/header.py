"""The 80 bytes in front, of which the first 48 are the parameters: Spec/envelope.md, Header."""

import struct
from dataclasses import dataclass

from .errors import EnvelopeError

MAGIC = b"KLNK"
VERSION = 1
HEADER_BYTES = 80
PARAMETER_BYTES = 48
CHUNK_LOG2 = range(12, 20 + 1)
OPSLIMIT = range(3, 8 + 1)
MEMLIMIT = range(65536, 262144 + 1)  # KiB

_FIXED = struct.Struct(">4sBBBBII")


@dataclass(frozen=True)
class Header:
    """A header whose rules hold. `commitment` is empty where only the parameters are known."""

    parameters: bytes
    needs_passphrase: bool
    chunk_log2: int
    opslimit: int
    memlimit: int  # KiB
    salt: bytes
    link_tag: bytes
    commitment: bytes


def fixed_fields(flags: int, chunk_log2: int, opslimit: int, memlimit: int) -> bytes:
    """header[0..<16]."""
    return _FIXED.pack(MAGIC, VERSION, flags, chunk_log2, 0, opslimit, memlimit)


def check_version(start: bytes) -> None:
    """`unsupported-version` as soon as five bytes say so: a later version may be of any length and layout."""
    if start[:4] == MAGIC and len(start) > 4 and start[4] != VERSION:
        raise EnvelopeError("unsupported-version", f"version {start[4]}")


def parse_header(octets: bytes) -> Header:
    """The header of an envelope: exactly 80 bytes, or all there were of fewer."""
    return _parse(octets, HEADER_BYTES)


def parse_parameters(octets: bytes) -> Header:
    """The parameters that a server hands out before a claim: exactly 48 bytes."""
    return _parse(octets, PARAMETER_BYTES)


def _parse(octets: bytes, length: int) -> Header:
    check_version(octets)
    if len(octets) != length:
        raise EnvelopeError("malformed-header", f"{len(octets)} bytes, not {length}")
    magic, _, flags, chunk_log2, reserved, opslimit, memlimit = _FIXED.unpack(octets[:16])
    if magic != MAGIC:
        raise EnvelopeError("malformed-header", "bad magic")
    if flags & ~1 or reserved:
        raise EnvelopeError("malformed-header", "a reserved bit is set")
    if chunk_log2 not in CHUNK_LOG2:
        raise EnvelopeError("malformed-header", "chunk_log2 out of range")
    needs_passphrase = flags == 1
    if needs_passphrase and (opslimit not in OPSLIMIT or memlimit not in MEMLIMIT):
        raise EnvelopeError("malformed-header", "stretching limits out of range")
    if not needs_passphrase and (opslimit or memlimit):
        raise EnvelopeError("malformed-header", "stretching limits without a passphrase")
    return Header(
        parameters=octets[:PARAMETER_BYTES],
        needs_passphrase=needs_passphrase,
        chunk_log2=chunk_log2,
        opslimit=opslimit,
        memlimit=memlimit,
        salt=octets[16:32],
        link_tag=octets[32:48],
        commitment=octets[48:],
    )
