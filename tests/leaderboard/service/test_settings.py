"""Settings come from the environment over one file, and mistakes are named."""

from __future__ import annotations

import os
import stat

import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.leaderboard.service.settings import load_settings


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    file = tmp_path / "board.toml"
    file.write_text('max_params_b = 30\nlease_seconds = 5\nsuites = ["mini", "llm-jp"]\n')
    monkeypatch.setenv("BANZUKE_CONFIG", str(file))
    monkeypatch.setenv("BANZUKE_LEASE_SECONDS", "7")
    settings = load_settings()
    assert (settings.max_params_b, settings.lease_seconds) == (30, 7)
    assert settings.suites == ("mini", "llm-jp")
    assert load_settings(lease_seconds=9).lease_seconds == 9


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("BANZUKE_MAX_PARAMS_B", "many", r"max_params_b.*number"),
        ("BANZUKE_LEASE_SECONDS", "0", "lease_seconds.*greater than 0"),
        ("BANZUKE_SUITES", "not json", "suites"),
        ("BANZUKE_PUBLIC_URL", "board.org", "http://"),
        ("BANZUKE_SECRET_KEY", "short", "32 characters"),
        ("BANZUKE_CONFIG", "missing.toml", "no such file"),
    ],
)
def test_a_wrong_value_is_named_with_its_setting(monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInputError, match=sentence) as error:
        load_settings()
    assert "short" not in str(error.value)


def test_an_unknown_name_in_the_file_is_refused(tmp_path):
    (tmp_path / "banzuke.toml").write_text("max_param_b = 30\n")
    with pytest.raises(InvalidInputError, match="max_param_b"):
        load_settings()


def test_databases_have_defaults_in_the_data_directory(tmp_path):
    settings = load_settings(data=str(tmp_path))
    assert settings.results_database == f"sqlite:///{tmp_path}/service/results.sqlite"
    assert settings.execution_database.endswith("results-execution.sqlite")
    far = load_settings(database_url="postgresql://me@db/board")
    assert far.results_database == far.execution_database == "postgresql+psycopg://me@db/board"
    with pytest.raises(InvalidInputError, match="'mysql'"):
        _ = load_settings(database_url="mysql://me@db/board").results_database


def test_the_secret_key_is_made_once_and_is_private(tmp_path):
    key = load_settings(data=str(tmp_path)).signing_key
    assert len(key) >= 32
    assert load_settings(data=str(tmp_path)).signing_key == key
    path = tmp_path / "service" / "secret-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key not in repr(load_settings(secret_key=key))


def test_a_process_that_comes_second_takes_the_key_of_the_first(tmp_path, monkeypatch):
    link, modes = os.link, []

    def first(source, target):
        modes.append(stat.S_IMODE(source.stat().st_mode))
        target.write_text("the key of the process that was first")
        link(source, target)

    monkeypatch.setattr(os, "link", first)
    key = load_settings(data=str(tmp_path)).signing_key
    assert key == "the key of the process that was first"
    assert modes == [0o600]  # private before it had its name
    assert [one.name for one in (tmp_path / "service").iterdir()] == ["secret-key"]
