"""Envelopes in the making, whose every part can be set wrong on purpose."""

import hashlib
import re
import struct
import unicodedata

from keylink_reference.keys import argon2id, generichash, kdf
from nacl import bindings as sodium

PADDING, TEXT, FILE, TYPE, SIZE, DATA = range(6)
LONG_ENVELOPE = 1024  # bytes from which runs are looked for


def draw(name: str, what: str, size: int) -> bytes:
    """Octets that look random and are the same in every run, whatever other vectors exist."""
    return hashlib.shake_256(f"keylink vectors 1/{name}/{what}".encode()).digest(size)


# Records


def record(kind: int, body: bytes = b"", length: int | None = None) -> bytes:
    """A record; `length` where it lies about its body."""
    return struct.pack(">BI", kind, len(body) if length is None else length) + body


def size_record(size: int) -> bytes:
    return record(SIZE, struct.pack(">Q", size))


def pad(size: int = 0) -> bytes:
    return record(PADDING, bytes(size))


NOTE = b"the kettle is on"
TEXT_ITEM = record(TEXT) + record(DATA, NOTE)


def item(kind: str, data: bytes, name: str | None = None, media_type: str | None = None) -> dict:
    """What a reader has to come to for an item."""
    return {
        "kind": kind,
        "name": name,
        "type": media_type,
        "sha256": hashlib.sha256(data).hexdigest(),
        "length": len(data),
    }


NOTE_ITEM = item("text", NOTE)


# Header and boxes


def nonce(index: int, last: bool) -> bytes:
    return bytes(15) + bytes([last]) + struct.pack(">Q", index)


class Craft:
    """One envelope. `fixed` and `salt` may be changed before the first use of a key, anything made from them after."""

    def __init__(
        self,
        name: str,
        *,
        chunk_log2: int = 12,
        passphrase: str | None = None,
        flags: int | None = None,
        opslimit: int | None = None,
        memlimit: int | None = None,
        reserved: int = 0,
    ):
        self.name = name
        self.passphrase = passphrase
        self.link_key = draw(name, "link key", 32)
        self.salt = draw(name, "salt", 16)
        self.chunk = 1 << chunk_log2 if chunk_log2 < 32 else 4096
        self.fixed = struct.pack(
            ">4sBBBBII",
            b"KLNK",
            1,
            (1 if passphrase else 0) if flags is None else flags,
            chunk_log2,
            reserved,
            (3 if passphrase else 0) if opslimit is None else opslimit,
            (65536 if passphrase else 0) if memlimit is None else memlimit,
        )

    @property
    def limits(self) -> tuple[int, int]:
        return struct.unpack(">II", self.fixed[8:16])

    @property
    def tag(self) -> bytes:
        return generichash(16, self.fixed + self.salt, kdf(self.link_key, 2, b"klnklink"))

    @property
    def parameters(self) -> bytes:
        return self.fixed + self.salt + self.tag

    @property
    def stretch_salt(self) -> bytes:
        return generichash(16, self.salt, kdf(self.link_key, 3, b"klnklink"))

    @property
    def stretched(self) -> bytes:
        if not self.passphrase:
            return b""
        octets = unicodedata.normalize("NFC", self.passphrase).encode()
        opslimit, memlimit = self.limits
        return argon2id(octets, self.stretch_salt, opslimit, memlimit * 1024)

    @property
    def master(self) -> bytes:
        # Kept, because stretching is slow; the parts it is made of do not change any more once it is asked for.
        if not hasattr(self, "_master"):
            key = kdf(self.link_key, 4, b"klnklink")
            self._master = generichash(32, self.parameters + self.stretched, key)
        return self._master

    @property
    def commitment(self) -> bytes:
        return kdf(self.master, 1, b"klnkenvl")

    @property
    def content_key(self) -> bytes:
        return kdf(self.master, 2, b"klnkenvl")

    @property
    def header(self) -> bytes:
        return self.parameters + self.commitment

    def box(self, index: int, chunk: bytes, last: bool = False, key: bytes | None = None) -> bytes:
        return sodium.crypto_secretbox(chunk, nonce(index, last), key or self.content_key)

    def boxes(self, payload: bytes) -> list[bytes]:
        chunks = [payload[start : start + self.chunk] for start in range(0, len(payload), self.chunk)]
        return [self.box(i, chunk, last=i == len(chunks) - 1) for i, chunk in enumerate(chunks)]

    def envelope(self, payload: bytes) -> bytes:
        return self.header + b"".join(self.boxes(payload))

    def filler(self, before: bytes, size: int, total: int) -> bytes:
        """`size` bytes of data that follow `before` in a payload of `total` bytes and whose ciphertext repeats.

        So that a vector of a megabyte is a few lines: the data is the key stream, mixed with four bytes a box.
        """
        stream = bytearray()
        for index, start in enumerate(range(0, total, self.chunk)):
            length = min(self.chunk, total - start)
            key_stream = self.box(index, bytes(length), last=start + self.chunk >= total)[16:]
            pattern = draw(self.name, f"pattern {index}", 4) * (length // 4 + 1)
            mixed = int.from_bytes(key_stream, "big") ^ int.from_bytes(pattern[:length], "big")
            stream += mixed.to_bytes(length, "big")
        return bytes(stream[len(before) : len(before) + size])

    def file_payload(self, total: int, padding: int = 0) -> tuple[bytes, dict]:
        """A payload of exactly `total` bytes: one file `data.bin`, then `padding` zeros; and what it reads as."""
        before = record(FILE, b"data.bin")
        size = total - len(before) - 13 - 5 - len(pad(padding))
        before += size_record(size) + record(DATA, length=size)
        data = self.filler(before, size, total)
        payload = before + data + pad(padding)
        assert len(payload) == total
        return payload, item("file", data, "data.bin")


# Cases


def compact(envelope: bytes) -> dict:
    """The member that holds the envelope: runs of a repeated word are written as such."""
    if len(envelope) < LONG_ENVELOPE:
        return {"envelope": envelope.hex()}
    parts: list[dict] = []
    position = 0
    for run in re.finditer(rb"(?s)(.{4})\1{15,}", envelope):
        if run.start() > position:
            parts.append({"hex": envelope[position : run.start()].hex()})
        parts.append({"repeat": run[1].hex(), "times": len(run[0]) // 4})
        position = run.end()
    if not parts:
        return {"envelope": envelope.hex()}
    if position < len(envelope):
        parts.append({"hex": envelope[position:].hex()})
    return {"envelopeParts": parts}


_UNSET = object()


def refused(craft: Craft, why: str, envelope: bytes, expect: str, passphrase: object = _UNSET) -> dict:
    """A case that fails with `expect`. The passphrase given is the one sealed with, unless said otherwise."""
    return {
        "name": craft.name,
        "why": why,
        "linkKey": craft.link_key.hex(),
        "passphrase": craft.passphrase if passphrase is _UNSET else passphrase,
        **compact(envelope),
        "expect": expect,
    }


def opens(craft: Craft, why: str, envelope: bytes, items: list[dict], passphrase: object = _UNSET) -> dict:
    """A case that opens."""
    link_token = kdf(craft.link_key, 1, b"klnklink")
    access_token = kdf(craft.master, 3, b"klnkenvl")
    return {
        **refused(craft, why, envelope, "ok", passphrase),
        "linkToken": link_token.hex(),
        "accessToken": access_token.hex(),
        "linkVerifier": generichash(32, link_token).hex(),
        "accessVerifier": generichash(32, access_token).hex(),
        "master": craft.master.hex(),
        "contentKey": craft.content_key.hex(),
        "items": items,
    }


def flip(octets: bytes, position: int, bit: int = 0) -> bytes:
    """One bit changed; a negative position counts from the end."""
    changed = bytearray(octets)
    changed[position] ^= 1 << bit
    return bytes(changed)
