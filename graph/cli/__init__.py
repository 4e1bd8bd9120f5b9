"""The engine without the web application, for notebooks, pipelines and tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from graph.build import BuildError
from graph.cli.arguments import parser
from graph.cli.loading import UNUSABLE, UsageError
from graph.cli.writing import note
from graph.cloud import ImportRefusedError
from graph.registry import PluginError

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit codes: 0 fine, 1 some input was bad, 2 unusable arguments or input, 3 a path opened."""
    arguments = parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except (UsageError, ImportRefusedError, BuildError, PluginError) as error:
        sys.stdout.flush()
        note(f"{arguments.command}: {error}")
        return UNUSABLE
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code
