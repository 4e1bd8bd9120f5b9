"""The words for what is worth attacking and what can be done to it, listed once with their weights."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Weights (1 to 10) order targets and harms in lists; the table has a version because estate graph ids contain it.
WEIGHTS_VERSION = "1"

TARGET_KINDS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "account": ("Account", 10),
        "model_endpoint": ("Model endpoint", 8),
        "model_artifact": ("Model artifact", 9),
        "training_data": ("Training data", 9),
        "rag_store": ("Knowledge store", 8),
        "agent": ("Agent", 8),
        "agent_tool": ("Agent tool", 7),
        "prompt_log": ("Prompt log", 7),
        "guardrail": ("Guardrail", 6),
        "secret": ("Secret", 9),
        "ai_identity": ("AI identity", 7),
        "ai_quota": ("AI quota", 4),
        "key": ("Encryption key", 8),
        "ml_compute": ("ML compute", 6),
    }
)

HARMS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "administer": ("Administer", 10),
        "invoke": ("Invoke", 4),
        "extract_model": ("Extract model", 8),
        "read_training_data": ("Read training data", 8),
        "poison_data": ("Poison data", 9),
        "replace_model": ("Replace model", 9),
        "read_prompts": ("Read prompts", 7),
        "read_secrets": ("Read secrets", 9),
        "tamper_guardrails": ("Tamper with guardrails", 6),
        "hijack_tools": ("Hijack tools", 8),
        "blind": ("Blind", 5),
        "destroy": ("Destroy", 7),
    }
)
