"""`python -m graph`: the engine on the command line."""

from graph.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
