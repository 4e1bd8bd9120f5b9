"""The floor that every app stands on: environment, paging, typed requests. No models."""
