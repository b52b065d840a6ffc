"""Adds to a CycloneDX bill of materials the npm packages in the script of the API reference, as licences.txt lists them, and
fails if .deny.toml does not allow the licence of one.

    vendored.py BILL
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

DOCS = Path("src/server/routes/docs")


def packages(text):
    """Name, version and licence of each package: under a heading for its licence, several in a line."""
    name, version = re.search(r"contains (\S+) (\S+),", text).groups()
    yield name, version, "MIT"
    licence = None
    lines = text.split("=" * 80)[0].splitlines()
    for line, below in zip(lines, lines[1:]):
        if below and set(below) == {"-"}:
            licence = line
        elif below.startswith("    Copyright"):
            for package in line.split(", "):
                yield *package.rsplit(" ", 1), licence


def main(bill):
    allowed = tomllib.loads(Path(".deny.toml").read_text())["licenses"]["allow"]
    found = list(packages((DOCS / "licences.txt").read_text()))
    assert len(found) > 100, found
    (script,) = DOCS.glob("scalar-*.js.gz")
    assert script.name == f"scalar-{found[0][1]}.js.gz", script
    refused = [package for package in found if package[2] not in allowed]
    assert not refused, refused
    document = json.loads(Path(bill).read_text())
    for name, version, licence in found:
        purl = f"pkg:npm/{quote(name, safe='/')}@{version}"
        document.setdefault("components", []).append({
            "bom-ref": purl, "type": "library", "name": name, "version": version, "purl": purl,
            "licenses": [{"license": {"id": licence}}],
        })
    Path(bill).write_text(json.dumps(document, indent=2) + "\n")


main(sys.argv[1])
