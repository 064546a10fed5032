"""The key schedule: Spec/envelope.md, Keys. Everything here is BLAKE2b, and Argon2id for a passphrase."""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from nacl import bindings as sodium

from .errors import EnvelopeError, RefusedInput
from .header import Header

# Argon2id13(passphrase, salt, opslimit, memlimit in bytes) -> 32 bytes. Handed in where a caller wants to keep results.
Stretch = Callable[[bytes, bytes, int, int], bytes]


def kdf(key: bytes, index: int, context: bytes) -> bytes:
    """`crypto_kdf_derive_from_key`, 32 bytes: BLAKE2b of nothing under `key`, salted by the index.

    libsodium writes the index little-endian, the one exception to the big-endian rule of the format.
    """
    return hashlib.blake2b(
        b"",
        digest_size=32,
        key=key,
        salt=index.to_bytes(8, "little") + bytes(8),
        person=context + bytes(8),
    ).digest()


def generichash(size: int, octets: bytes, key: bytes = b"") -> bytes:
    """`crypto_generichash`."""
    return hashlib.blake2b(octets, digest_size=size, key=key).digest()


def link_token(link_key: bytes) -> bytes:
    """L: shown to the server to look."""
    return kdf(link_key, 1, b"klnklink")


def link_tag(link_key: bytes, header_start: bytes) -> bytes:
    """16 bytes over header[0..<32]: only who holds the link key can have written these parameters."""
    return generichash(16, header_start, kdf(link_key, 2, b"klnklink"))


def receipt_token(receipt_key: bytes) -> bytes:
    """R, of the 32 random bytes R0 of a receipt link."""
    return kdf(receipt_key, 1, b"klnkrcpt")


def verifier(token: bytes) -> bytes:
    """What the server keeps of a token."""
    return generichash(32, token)


def normalized(passphrase: str | None) -> bytes:
    """NFC, then UTF-8: the same passphrase typed on two keyboards. An empty one counts as none."""
    if not passphrase:
        return b""
    try:
        # Checked before normalizing, and before any stretching: half a surrogate pair is no text.
        passphrase.encode("utf-8")
        return unicodedata.normalize("NFC", passphrase).encode("utf-8")
    except UnicodeEncodeError as error:
        raise RefusedInput("the passphrase is not well-formed Unicode") from error


def argon2id(passphrase: bytes, salt: bytes, opslimit: int, memlimit: int) -> bytes:
    """`crypto_pwhash` with `crypto_pwhash_ALG_ARGON2ID13`; `memlimit` in bytes."""
    return sodium.crypto_pwhash_alg(32, passphrase, salt, opslimit, memlimit, sodium.crypto_pwhash_ALG_ARGON2ID13)


@dataclass(frozen=True)
class Keys:
    """What link key, passphrase and parameters come to."""

    master: bytes
    commitment: bytes
    content: bytes
    access_token: bytes


def schedule(link_key: bytes, passphrase: bytes, header: Header, stretch: Stretch = argon2id) -> Keys:
    """The keys of an envelope. `passphrase` is normalized already and looked at only where the flag is set."""
    stretched = b""
    if header.needs_passphrase:
        salt = generichash(16, header.salt, kdf(link_key, 3, b"klnklink"))
        stretched = stretch(passphrase, salt, header.opslimit, header.memlimit * 1024)
    master = generichash(32, header.parameters + stretched, kdf(link_key, 4, b"klnklink"))
    return Keys(
        master=master,
        commitment=kdf(master, 1, b"klnkenvl"),
        content=kdf(master, 2, b"klnkenvl"),
        access_token=kdf(master, 3, b"klnkenvl"),
    )


def check_link(link_key: bytes, header: Header) -> None:
    """`wrong-link`, unless the holder of `link_key` wrote these parameters. Before anything is stretched or sent."""
    if not hmac.compare_digest(link_tag(link_key, header.parameters[:32]), header.link_tag):
        raise EnvelopeError("wrong-link", "the link tag does not match")


def unlock(link_key: bytes, passphrase: str | None, parameters: Header, stretch: Stretch = argon2id) -> Keys:
    """Link tag, then passphrase, then keys: all that can be done with parameters alone.

    Raises `wrong-link`, `passphrase-required`; the commitment is checked by whoever has it.
    """
    check_link(link_key, parameters)
    octets = b""
    if parameters.needs_passphrase:
        octets = normalized(passphrase)
        if not octets:
            raise EnvelopeError("passphrase-required", "the envelope asks for a passphrase")
    return schedule(link_key, octets, parameters, stretch)


def check_commitment(keys: Keys, commitment: bytes) -> None:
    """`wrong-key`, unless these are the keys that sealed the envelope."""
    if not hmac.compare_digest(keys.commitment, commitment):
        raise EnvelopeError("wrong-key", "the commitment does not match")
