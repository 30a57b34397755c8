"""While another model's space is built, the model before goes on answering."""

import subprocess
import sys

import httpx
import pytest

from indexer import spaces
from indexer.models import Space
from search import calibrate
from search.encoding import encode
from tests.engines import CaptioningEngine
from tests.model_servers import ready, wait_until_ready
from tests.web_process import ROOT, Web
from webapp import model
from webapp.embedded.kept import free_port

OLD, NEW = CaptioningEngine(), CaptioningEngine(version="new weights")


@pytest.fixture
def clients():
    model.client.cache_clear()
    yield
    model.client.cache_clear()


@pytest.mark.django_db
def test_the_space_that_answers_chooses_the_server(settings, clients):
    old = spaces.ensure_space(OLD.space)
    new = spaces.ensure_space(NEW.space)
    with ready(OLD) as settings.MODEL_SERVER_BEFORE_URL, ready(NEW) as settings.MODEL_SERVER_URL:
        assert model.engine().space == OLD.space
        assert encode(["light"], old, model.engine()).shape == (1, old.dim)
        spaces.activate(new)
        assert model.engine().space == NEW.space
        Space.objects.update(status=Space.Status.RETIRED)
        assert model.engine().space == NEW.space, "nothing was indexed: the model that will"


@pytest.mark.django_db
@pytest.mark.parametrize("before", ["", "http://127.0.0.1:9"], ids=["none", "away"])
def test_without_the_model_before_it_is_the_new_one(settings, clients, before):
    spaces.ensure_space(OLD.space)
    settings.MODEL_SERVER_BEFORE_URL = before
    with ready(NEW) as settings.MODEL_SERVER_URL:
        assert model.engine().space == NEW.space


@pytest.mark.django_db
def test_a_space_knows_by_which_name_its_model_was_chosen(settings, tmp_path):
    assert spaces.model_before() is None
    settings.SEEKFRAME_MODEL = str(tmp_path / "my-checkpoint")
    space = spaces.ensure_space(OLD.space)
    assert spaces.model_before() is None
    settings.SEEKFRAME_MODEL = "siglip2"
    assert spaces.model_before() == str(tmp_path / "my-checkpoint")
    Space.objects.update(chosen_as="")  # of a release that did not write it down
    assert spaces.model_before() == space.model
    (tmp_path / "my-checkpoint").mkdir()
    (tmp_path / "my-checkpoint" / "calibration.json").write_text(f'{{"version": "{space.version}"}}')
    space.chosen_as = str(tmp_path / "my-checkpoint")
    assert calibrate.fitted_for(space, "calibration.json") == tmp_path / "my-checkpoint" / "calibration.json"


def model_before(web: Web, port: int, **own: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", "model_before", "--port", str(port), "--every", "0.2"]
    settings = {"MODEL_SERVER_TOKEN": "secret", "SEEKFRAME_DEVICE": "cpu", "OMP_NUM_THREADS": "1", **own}
    return subprocess.Popen(
        command, cwd=ROOT, env=web.environment | settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.django_db(transaction=True)
def test_the_command_serves_it_until_the_new_space_answers(settings, tmp_path):
    settings.SEEKFRAME_MODEL = "tiny"
    spaces.ensure_space(OLD.space)
    settings.SEEKFRAME_MODEL = "small"
    new = spaces.ensure_space(NEW.space)
    port = free_port()
    with model_before(Web(tmp_path), port, SEEKFRAME_MODEL="small") as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}")
            token = {"Authorization": "Bearer secret"}
            facts = httpx.get(f"http://127.0.0.1:{port}/v1/space", headers=token, trust_env=False).json()
            assert facts["model"] == "tiny"
            spaces.activate(new)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, said
    assert "tiny answers searches until" in said
    assert "The new model answers now." in said
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("chosen", "says"), [("small", ""), ("/gone", "searches find by words alone. SEEKFRAME_MODEL is '/gone'")]
)
def test_the_command_ends_where_there_is_nothing_to_serve(settings, tmp_path, chosen, says):
    settings.SEEKFRAME_MODEL = chosen
    spaces.ensure_space(OLD.space)
    with model_before(Web(tmp_path), free_port(), SEEKFRAME_MODEL="small") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert says in said
