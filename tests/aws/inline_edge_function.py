#!/usr/bin/env python3
"""Brings functions/render/edge/viewer_request.js into template.yaml, with the whitelist's parameters in it.

CloudFormation takes a CloudFront Function's code from nowhere but the template. The file is the source: edit it, and run
this. The layout tests fail until it has been run.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "functions/render/edge/viewer_request.js"
TEMPLATE = ROOT / "template.yaml"
PARAMETERS = {"WIDTHS": "AllowedWidths", "HEIGHTS": "AllowedHeights", "QUALITIES": "AllowedQualities"}
BLOCK = re.compile(r"(      # viewer_request\.js begins\n).*?(      # viewer_request\.js ends\n)", re.S)


def with_parameters(code: str) -> str:
    """The code with each list replaced by the parameter that sets it."""
    if "${" in code:
        sys.exit(f"{CODE.name} may not contain '${{': CloudFormation would take it for a parameter")
    for name, parameter in PARAMETERS.items():
        code, found = re.subn(rf"^(const {name} = )\[[0-9, ]*\];$", rf"\1[${{{parameter}}}];", code, flags=re.M)
        if found != 1:
            sys.exit(f"{CODE.name} must have one line 'const {name} = [...];', and has {found}")
    return code


def main() -> None:
    """Replaces what is between the markers."""
    lines = with_parameters(CODE.read_text(encoding="utf-8")).splitlines()
    block = "      FunctionCode: !Sub |\n" + "".join(f"        {line}".rstrip() + "\n" for line in lines)
    template = TEMPLATE.read_text(encoding="utf-8")
    template, found = BLOCK.subn(lambda match: match[1] + block + match[2], template)
    if found != 1:
        sys.exit(f"{TEMPLATE.name} must have the markers 'viewer_request.js begins' and 'ends' once, and has {found}")
    TEMPLATE.write_text(template, encoding="utf-8")


if __name__ == "__main__":
    main()
