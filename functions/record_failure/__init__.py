"""Workflow task: a slice died for good; run another one, or end the execution."""
