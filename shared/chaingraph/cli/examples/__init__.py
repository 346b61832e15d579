"""Flows to begin with: each file holds one flow document, named by what it shows."""

from importlib.resources import files


def example_names() -> list[str]:
    return sorted(
        file.name.removesuffix(".json") for file in files(__name__).iterdir() if file.name.endswith(".json")
    )


def read_example(name: str) -> bytes:
    """The document of the example with this name."""
    return (files(__name__) / f"{name}.json").read_bytes()
