"""The words for what is worth attacking and what can be done to it, listed once; their weights are in the table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from graph.weights import SHIPPED

# Estate graph ids contain it: whatever could change a score changes the id.
WEIGHTS_VERSION = SHIPPED.version

_TARGETS = {
    "account": "Account",
    "model_endpoint": "Model endpoint",
    "model_artifact": "Model artifact",
    "training_data": "Training data",
    "rag_store": "Knowledge store",
    "agent": "Agent",
    "agent_tool": "Agent tool",
    "prompt_log": "Prompt log",
    "guardrail": "Guardrail",
    "secret": "Secret",
    "ai_identity": "AI identity",
    "ai_quota": "AI quota",
    "key": "Encryption key",
    "ml_compute": "ML compute",
}
_HARMS = {
    "administer": "Administer",
    "invoke": "Invoke",
    "extract_model": "Extract model",
    "read_training_data": "Read training data",
    "poison_data": "Poison data",
    "replace_model": "Replace model",
    "read_prompts": "Read prompts",
    "read_secrets": "Read secrets",
    "tamper_guardrails": "Tamper with guardrails",
    "hijack_tools": "Hijack tools",
    "blind": "Blind",
    "destroy": "Destroy",
}
# What follows "can" or "to" in a sentence, before the name of the target.
HARM_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "administer": "administer",
        "invoke": "invoke",
        "extract_model": "extract the model of",
        "read_training_data": "read",
        "poison_data": "poison",
        "replace_model": "replace the model of",
        "read_prompts": "read the prompts in",
        "read_secrets": "read",
        "tamper_guardrails": "weaken",
        "hijack_tools": "hijack the tools of",
        "blind": "blind",
        "destroy": "destroy",
    }
)


def _weighed(words: Mapping[str, str], weights: Mapping[str, float]) -> Mapping[str, tuple[str, int]]:
    """Words with their weights, 1 to 10, as lists are ordered by them."""
    return MappingProxyType({key: (label, round(weights[key])) for key, label in words.items()})


TARGET_KINDS = _weighed(_TARGETS, SHIPPED.targets)
HARMS = _weighed(_HARMS, SHIPPED.harms)
