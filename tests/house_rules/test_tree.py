"""The top level is the table of contents: nothing missing, nothing more."""

from tests.house_rules.project import ROOT, is_ignored

TOP_LEVEL = {
    "LICENSE",
    "Makefile",
    "README.md",
    "cdk.json",
    "functions",
    "infra",
    "pyproject.toml",
    "shared",
    "tests",
    "uv.lock",
}


def test_the_top_level_holds_exactly_what_the_readme_explains() -> None:
    found = {path.name for path in ROOT.iterdir() if not is_ignored(path)}

    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL
    assert (ROOT / ".ci" / "run").exists()
