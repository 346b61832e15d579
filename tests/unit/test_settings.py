import pytest

from chaingraph.settings import InvalidSetting, Settings

DATABASE = {"DATABASE_URL": "postgresql://localhost/x"}


def test_what_is_not_set_has_its_default() -> None:
    settings = Settings.from_environment({**DATABASE, "PATH": "/bin"})

    assert (settings.start_timeout_seconds, settings.claim_timeout_ms) == (60, 30_000)
    assert settings.max_execution_depth == 100


def test_what_is_set_counts() -> None:
    settings = Settings.from_environment({**DATABASE, "START_TIMEOUT_SECONDS": "5"})

    assert settings.start_timeout_seconds == 5


@pytest.mark.parametrize("value", ["", "soon", "0", "-1", "1.5"])
def test_a_bad_value_is_refused_with_the_setting_it_is_for(value: str) -> None:
    with pytest.raises(InvalidSetting, match="START_TIMEOUT_SECONDS"):
        Settings.from_environment({**DATABASE, "START_TIMEOUT_SECONDS": value})


def test_every_bad_value_is_named() -> None:
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environment({"MAX_EXECUTION_DEPTH": "many", "CLAIM_TIMEOUT_MS": "0"})

    for name in ("DATABASE_URL", "MAX_EXECUTION_DEPTH", "CLAIM_TIMEOUT_MS"):
        assert name in str(refusal.value)


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environment({**DATABASE, "MAX_EXECUTION_DEPTH": "hunter2"})

    assert "hunter2" not in str(refusal.value)


def test_prepared_statements_are_not_used_behind_a_pooler() -> None:
    assert Settings.from_environment(DATABASE).prepare_after is not None
    assert Settings.from_environment({**DATABASE, "DATABASE_IS_POOLED": "true"}).prepare_after is None
