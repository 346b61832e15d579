"""Scheduled, and on every end of a workflow run: what fell between two chairs is repeated."""
