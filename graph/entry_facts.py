"""The names of what is known of a start (`Entry.facts`), for the clouds that tell it and for those who weigh it."""

from __future__ import annotations

# name → what its value means. Values are text: whole numbers, dates (YYYY-MM-DD), `yes` and `no`, or words as told.
ENTRY_FACTS = {
    "key_age_days": "whole days from when its oldest active key was made or renewed to when the snapshot was collected",
    "key_last_used": "the day on which any of its active keys was last used; `never` if none ever was",
    "key_unused_days": "whole days from then to when the snapshot was collected",
    "keys": "how many active keys it has",
    "password": "whether it can also sign in with a password",
    "mfa": "whether that needs a second factor",
    "leaked": "what tells that its key is known to others",
    "open_to": "how wide it is open: `anybody`, `any account`, `any repository`, `any subject`",
    "deputy": "the service that would act for somebody else",
    "door": "by what it is reached: `function url`, `security group`, `public address`, `no authorizer`, `web page`, …",
    "ports": "the ports that are open to everybody, where they are told",
    "address": "the public name or address, where it is told",
    "needs": "what else it takes, where it is known",
}
