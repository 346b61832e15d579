"""Workflow task: one slice of the engine."""
