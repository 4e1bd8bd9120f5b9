"""What a rule asks of things has words, also where nobody was asked for it."""

from __future__ import annotations

from graph.clouds.aws import CLOUD
from graph.clouds.aws.targets import ROWS
from graph.clouds.aws.techniques import ENTRIES


def test_whatever_a_rule_asks_of_things_is_called_in_words_where_it_was_not_told() -> None:
    asked = {name for some in (ENTRIES, ROWS) for one in some for name, _value in one.rule.where}
    assert "all_keys" in asked
    assert {name for name in asked if not CLOUD.layers.get(name, "").startswith("whether ")} == set()
