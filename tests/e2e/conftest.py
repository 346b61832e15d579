"""The stock client, for every test of this folder."""

from collections.abc import Generator

import pytest

from tests.stock_client import FOLDER, StockClient, stock_client


@pytest.fixture(scope="session")
def client() -> Generator[StockClient]:
    assert (FOLDER / "node_modules").exists(), "run `make test` once: it installs the npm packages"
    with stock_client() as started:
        yield started
