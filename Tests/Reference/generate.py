"""Writes Spec/vectors/*.json.

    python Tests/Reference/generate.py            rewrites them, the same to the byte in every run
    python Tests/Reference/generate.py --check    writes nothing; names the files that differ, exit code 1

Everything random is drawn from the names of the vectors. Before anything is written, the reference implementation has
to agree with every case.
"""

import argparse
import json
import sys
from pathlib import Path

import groups
import vectors

FOLDER = Path(__file__).resolve().parents[2] / "Spec" / "vectors"


def contents() -> dict[str, bytes]:
    """The files by name. Raises where a case is misnamed, repeated or not as the reference reads it."""
    seen: set[str] = set()
    files = {}
    for group, make in groups.ALL.items():
        made = make()
        for case in made:
            name = case["name"]
            if not name.startswith(f"{group}_") or name in seen:
                raise ValueError(f"{group}: {name} is misnamed or not the only one")
            seen.add(name)
            try:
                vectors.check(case)
            except vectors.Mismatch as problem:
                raise ValueError(f"{name}: {problem}") from problem
        files[f"{group}.json"] = json.dumps(made, indent=1, ensure_ascii=True).encode("ascii") + b"\n"
    return files


def differing(files: dict[str, bytes]) -> list[str]:
    """Names of files in the folder that are not as they would be written, missing and surplus ones too."""
    present = {path.name for path in FOLDER.glob("*.json")}
    changed = [name for name in files if name in present and (FOLDER / name).read_bytes() != files[name]]
    return sorted(changed + list(present.symmetric_difference(files)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes Spec/vectors/*.json.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    check = parser.parse_args().check
    files = contents()
    names = differing(files)
    if check:
        for name in names:
            print(f"Spec/vectors/{name} differs from what Tests/Reference/generate.py makes")
        return 1 if names else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in files:
            (FOLDER / name).write_bytes(files[name])
        else:
            (FOLDER / name).unlink()
        print(f"Spec/vectors/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
