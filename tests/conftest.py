"""What every test shares: how hard the property tests look, and who may be talked to (nobody outside this machine)."""

from __future__ import annotations

import os

import hypothesis

os.environ.setdefault("GRANTPATH_EXTRA_CLOUDS", "tests.toy.cloud")  # for the processes that tests start

_ROUNDS = int(os.environ.get("GRANTPATH_FUZZ_ROUNDS") or 0)

# Derandomized: the same commit gives the same answer on every machine. `make fuzz` is where chance comes in.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis.settings.register_profile("fuzz", max_examples=max(1, _ROUNDS), deadline=None, print_blob=True)
hypothesis.settings.load_profile("fuzz" if _ROUNDS else "ci")
