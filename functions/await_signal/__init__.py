"""Workflow task: keep the task token until a signal comes."""
