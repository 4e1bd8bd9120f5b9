"""`python -m bench [stage …]`: measures on seeded estates, with the machine and its load beside every figure."""

from __future__ import annotations

import argparse
import importlib

STAGES = ("engine", "rules", "pipeline", "pages", "organization", "analysis")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("stages", nargs="*", help=f"which of {', '.join(STAGES)}; default: all")
    parser.add_argument("--seed", type=int, default=7, help="of the estates")
    parser.add_argument("--runs", type=int, default=3, help="each figure is the median of so many runs")
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.stages) - set(STAGES))
    if unknown:
        parser.error(f"no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    for name in chosen.stages or STAGES:
        importlib.import_module(f"bench.{name}").run(seed=chosen.seed, runs=chosen.runs)


if __name__ == "__main__":
    main()
