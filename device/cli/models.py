"""`printability models`: what the appliance loads, verified against the manifest."""

import argparse
import json
from typing import Any

from device.cli.exit_codes import DONE, FAILED
from device.cli.options import add_config_options, add_json_option, config_of
from device.vision.analyser import models_folder
from device.vision.manifest import Manifest, ManifestError


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("models", help="list and verify the models", description=__doc__)
    add_json_option(parser)
    add_config_options(parser)
    parser.set_defaults(execute=execute)


def execute(parsed: argparse.Namespace) -> int:
    """List every model of the manifest; 1 if one is missing or not the file it should be."""
    manifest = Manifest.load(models_folder(config_of(parsed)))
    rows: list[dict[str, Any]] = []
    for name, entry in sorted(manifest.models.items()):
        try:
            manifest.verified_file(name)
            problem = None
        except ManifestError as error:
            problem = str(error)
        rows.append(
            {
                "name": name,
                "task": entry.task,
                "file": entry.file,
                "sha256": entry.sha256,
                "licence": entry.licence,
                "source": entry.source,
                "measured": entry.measured,
                "error": problem,
            }
        )
    if parsed.json:
        print(json.dumps(rows, indent=1))
    else:
        for row in rows:
            print(f"{row['name']}: {row['task']}, {row['file']}, sha256 {row['sha256'][:12]}…")
            print(f"  {row['error'] or 'verified'}; licence {row['licence']}")
    return FAILED if any(row["error"] for row in rows) else DONE
