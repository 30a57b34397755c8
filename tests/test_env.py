"""Wrong settings are refused by name and reason, and secrets are never repeated."""

from pathlib import Path

import pytest

from webapp import env, storage
from webapp.env import EnvironmentProblem


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch) -> Path:
    file = tmp_path / ".env"
    monkeypatch.setenv("SEEKFRAME_ENV_FILE", str(file))
    monkeypatch.setenv("SEEKFRAME_VAR", str(tmp_path))
    for name in ("PORT", "HOST", "WORDS", "WORDS_FILE"):
        monkeypatch.delenv(name, raising=False)
    return file


def test_it_reads_the_environment_before_dotenv_before_what_up_wrote(dotenv, monkeypatch):
    env.embedded_file().write_text("WORDS='from up'\n")
    assert env.text("WORDS") == "from up"
    env._file.cache_clear()
    dotenv.write_text("WORDS=from dotenv\n")
    assert env.text("WORDS") == "from dotenv"
    monkeypatch.setenv("WORDS", "from the environment")
    assert env.text("WORDS") == "from the environment"


def test_it_does_not_take_what_up_wrote_for_the_operators_choice(dotenv):
    env.embedded_file().write_text("WORDS='from up'\n")
    assert env.chosen("WORDS") == ""


def test_it_reads_a_secret_from_a_file(dotenv, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("hush\n")
    monkeypatch.setenv("WORDS_FILE", str(tmp_path / "secret"))
    assert env.text("WORDS") == "hush"


def test_it_says_which_secret_file_is_missing(dotenv, monkeypatch):
    monkeypatch.setenv("WORDS_FILE", "/nowhere/secret")
    with pytest.raises(EnvironmentProblem, match="WORDS_FILE names /nowhere/secret, which cannot be read"):
        env.text("WORDS")


@pytest.mark.parametrize("value", ["0", "65536", "80a", "-1", "\uff18\uff10"])
def test_it_refuses_a_port_that_is_none(dotenv, monkeypatch, value):
    monkeypatch.setenv("PORT", value)
    with pytest.raises(EnvironmentProblem, match="PORT must be a whole number from 1 to 65535"):
        env.integer("PORT", 8000, low=1, high=65535)


def test_it_refuses_a_third_spelling_of_true(dotenv, monkeypatch):
    monkeypatch.setenv("WORDS", "yes")
    with pytest.raises(EnvironmentProblem, match="WORDS must be True or False, not 'yes'"):
        env.boolean("WORDS", False)


@pytest.mark.parametrize("value", ["mysql://u:s3cret@h/d", "s3cret", "postgres://", "postgres://u:s3cret@h:port/d"])
def test_it_refuses_a_url_of_another_kind_without_repeating_it(dotenv, monkeypatch, value):
    monkeypatch.setenv("WORDS", value)
    with pytest.raises(EnvironmentProblem, match="WORDS must be a URL that starts with postgres://") as problem:
        env.url("WORDS", "", ("postgres",))
    assert "s3cret" not in str(problem.value)


def test_it_stores_in_a_folder_or_a_bucket():
    assert storage.backend("/srv/videos")["OPTIONS"] == {"location": "/srv/videos"}
    bucket = storage.backend("s3://holidays/2026/videos/")["OPTIONS"]
    assert (bucket["bucket_name"], bucket["location"]) == ("holidays", "2026/videos")


@pytest.mark.parametrize("value", ["videos", "ftp://host/videos", "s3://"])
def test_it_refuses_storage_of_another_kind(value):
    with pytest.raises(EnvironmentProblem, match="STORAGE_URL must be an absolute path or s3://bucket/prefix"):
        storage.backend(value)
