#!/usr/bin/env python3
"""Expands template.yaml to plain CloudFormation, as AWS does when it is deployed.

usage: expand.py TEMPLATE [PARAMETER=VALUE]... > expanded.json

sam validate passes over what is wrong inside SAM's own resources; the expansion shows it to cfn-lint.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.public.exceptions import InvalidDocumentException  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

# Where sam package would have put what is local here.
PACKAGED = {"Bucket": "packaged", "Key": "artifact"}


class NoManagedPolicies:
    """Stands in for a look-up of AWS's managed policies by name: the template names none."""

    def load(self):
        """No policies."""
        return {}


def package(template: dict, folder: Path) -> None:
    """Replaces local paths by S3 objects, and inlines the state machine, so that it is checked too."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = PACKAGED
        if resource["Type"] == "AWS::Serverless::StateMachine":
            definition = folder / properties.pop("DefinitionUri")
            properties["Definition"] = json.loads(definition.read_text(encoding="utf-8"))


def main() -> None:
    """Reads, expands, prints."""
    path, given = Path(sys.argv[1]), dict(argument.split("=", 1) for argument in sys.argv[2:])
    template = yaml_parse(path.read_text(encoding="utf-8"))
    package(template, path.parent)
    unknown = given.keys() - template["Parameters"].keys()
    if unknown:
        sys.exit(f"the template has no parameter {', '.join(sorted(unknown))}")
    for name, value in given.items():
        template["Parameters"][name]["Default"] = value
    values = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    try:
        expanded = transform(template, values, NoManagedPolicies())
    except InvalidDocumentException as error:
        sys.exit("\n".join(cause.message for cause in error.causes))
    json.dump(expanded, sys.stdout, indent=1, default=str)


if __name__ == "__main__":
    main()
