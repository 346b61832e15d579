"""What the outside depends on is written down, and what stands in for it is shown to behave like it."""

import ast
import re
from pathlib import Path

import pytest

from chaingraph.aws.metrics import METRICS
from tests.house_rules.project import ROOT, modules

# All files are read and parsed once, by one worker.
pytestmark = pytest.mark.xdist_group("house rules")

INTERFACES = ROOT / "shared" / "chaingraph" / "interfaces"
SETTINGS = ROOT / "shared" / "chaingraph" / "settings.py"


def test_every_interface_has_a_fake() -> None:
    fakes = {node.name for path in modules() if "fakes" in path.parts for node in _classes(path)}

    missing = {f"Fake{name}" for name in _interfaces()} - fakes
    assert not missing, sorted(missing)


def test_every_interface_has_a_contract() -> None:
    expected = {f"test_{_snake(name)}.py" for name in _interfaces()}

    missing = expected - {path.name for path in (ROOT / "tests" / "contract").glob("*.py")}
    assert not missing, sorted(missing)


def test_every_setting_is_named_in_the_readme() -> None:
    readme = set(re.findall(r"\b[A-Z][A-Z0-9_]*\b", (ROOT / "README.md").read_text(encoding="utf-8")))

    missing = _settings() - readme
    assert not missing, sorted(missing)


def test_every_metric_is_in_the_readme_with_its_unit() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if "|" in line]

    missing = [
        metric.name
        for metric in METRICS
        if not any(f"`{metric.name}`" in row and f"| {metric.unit} |" in row for row in rows)
    ]
    assert not missing, missing


def _classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in modules()[path].body if isinstance(node, ast.ClassDef)]


def _interfaces() -> list[str]:
    return [
        node.name
        for path in sorted(INTERFACES.glob("*.py"))
        for node in _classes(path)
        if any("Protocol" in ast.unparse(parent) for parent in node.bases)
    ]


def _settings() -> set[str]:
    settings = (node for node in _classes(SETTINGS) if node.name.endswith("Settings"))
    fields = (node.target for found in settings for node in found.body if isinstance(node, ast.AnnAssign))
    return {field.id.upper() for field in fields if isinstance(field, ast.Name)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
