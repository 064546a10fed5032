"""What an administrator presets for the extension, as browsers read it: a policy below /etc, for one Chromium only."""

import hashlib
import json
import os
import shlex
import shutil
from pathlib import Path
from typing import Any

from chromium import executable

# Where Debian's Chromium looks for policies, and for a few things more.
PLACE = Path("/etc/chromium")


def identifier(extension: Path) -> str:
    """Of an extension that is loaded out of a folder: Chrome makes it of the folder's path."""
    digest = hashlib.sha256(str(extension.resolve()).encode()).hexdigest()
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest[:32])


def governed_chromium(folder: Path, extension: Path, preset: dict[str, Any]) -> Path:
    """A program that starts Chromium under this policy. It sees an /etc/chromium of its own, in a mount namespace: the
    machine's stays as it is, and what else runs sees nothing of it."""
    place = folder / "etc"
    shutil.copytree(PLACE, place) if PLACE.is_dir() else place.mkdir()
    policies = place / "policies/managed"
    policies.mkdir(parents=True, exist_ok=True)
    policy = {"3rdparty": {"extensions": {identifier(extension): preset}}}
    (policies / "keylink.json").write_text(json.dumps(policy))
    # Who is not root may mount in a user namespace only.
    alone = "unshare --mount" if os.geteuid() == 0 else "unshare --mount --map-root-user"
    inside = f'mount --bind {shlex.quote(str(place))} {PLACE} && exec {executable()} "$@"'
    program = folder / "chromium"
    program.write_text(f'#!/bin/sh\nexec {alone} sh -c {shlex.quote(inside)} chromium "$@"\n')
    program.chmod(0o755)
    return program
