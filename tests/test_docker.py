import os
import re
import shutil
import subprocess
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import yaml

from tests.compose import ROOT, Compose, MissingVariable, load

SECRETS = {"POSTGRES_PASSWORD": "postgres-word", "SECRET_KEY": "s" * 50, "MODEL_SERVER_TOKEN": "t" * 40}
FILES = ["docker-compose.yml", "docker-compose.gpu.yml"]


def compose_client() -> list[str]:
    """`docker compose`, or the older program of its own. Skips the test, visibly, where there is neither."""
    for client in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(client[0]) and not subprocess.run([*client, "version"], capture_output=True).returncode:
            return client
    pytest.skip("no compose client here: install docker-compose to have the files checked by it")


def config(client: list[str], variables: dict[str, str], files: list[str]) -> subprocess.CompletedProcess[str]:
    named = [part for file in files for part in ("-f", file)]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run([*client, *named, "config", "-q"], cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("files", [FILES[:1], FILES], ids=["plain", "with a GPU"])
def test_it_is_accepted_by_compose(files):
    done = config(compose_client(), SECRETS, files)
    assert done.returncode == 0, done.stderr


def test_it_is_refused_by_compose_without_secrets():
    done = config(compose_client(), {}, FILES[:1])
    assert done.returncode != 0
    assert re.search(f"set ({'|'.join(SECRETS)})", done.stderr)


@pytest.mark.parametrize("name", SECRETS)
def test_it_has_no_default_for_a_secret(name):
    with pytest.raises(MissingVariable, match=name):
        load(SECRETS | {name: ""})


def test_it_gives_each_address_and_secret_to_both_ends():
    services = load(SECRETS)
    database = urlsplit(services["web"]["environment"]["DATABASE_URL"])
    store = services["db"]["environment"]
    assert (database.hostname, database.username, database.path) == (
        "db",
        store["POSTGRES_USER"],
        f"/{store['POSTGRES_DB']}",
    )
    assert database.password == store["POSTGRES_PASSWORD"] == SECRETS["POSTGRES_PASSWORD"]
    assert services["model"]["environment"]["MODEL_SERVER_TOKEN"] == SECRETS["MODEL_SERVER_TOKEN"]
    for name in ("migrate", "worker-index", "worker-media", "worker-fetch", "worker-chores", "beat", "web"):
        assert services[name]["environment"] == services["web"]["environment"]
        assert "data:/data" in services[name]["volumes"]


def test_it_lets_nothing_but_the_web_server_be_reached_or_reach_out():
    services = load(SECRETS)
    assert [name for name, service in services.items() if "ports" in service] == ["web"]
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert [name for name, service in services.items() if service["networks"] != ["inside"]] == ["web"]
    assert yaml.safe_load((ROOT / FILES[0]).read_text())["networks"]["inside"] == {"internal": True}


def test_it_pins_every_image_and_builds_only_targets_that_exist():
    targets = re.findall(r"^FROM (\S+) AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.M)
    names = [name for _, name in targets]
    assert {"base", "model", "worker", "web"} <= set(names)
    services = load(SECRETS).values()
    assert {service["build"]["target"] for service in services if "build" in service} == {"model", "worker", "web"}
    pulled = [service["image"] for service in services if "build" not in service]
    pulled += [image for image, _ in targets if image not in names]
    assert all(re.search(r":[\w.-]*\d[\w.-]*$", image) for image in pulled), pulled


def test_it_copies_only_what_is_there_and_runs_as_nobody_in_particular():
    dockerfile, ignored = (ROOT / "Dockerfile").read_text(), (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.M):
        for source in line.split():
            assert (ROOT / source).exists(), source
            top = source.split("/")[0]
            assert {f"!{top}", f"!{top}/"} & set(ignored), f".dockerignore keeps {source} out"
    for stage in re.split(r"^FROM ", dockerfile, flags=re.M)[1:]:
        if "CMD" in stage:
            assert stage.index("USER seekframe") < stage.index("CMD")


def test_it_lays_the_gpu_over_the_services_that_run_the_model():
    over = load(SECRETS, FILES[1])
    assert set(over) == {"model", "worker-index"}
    for service in over.values():
        assert service["environment"] == {"SEEKFRAME_DEVICE": "cuda"}
        assert service["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


def test_it_lays_a_worker_for_transcripts_over_the_services():
    over = yaml.safe_load((ROOT / "docker-compose.tracks.yml").read_text())["services"]["worker-tracks"]
    assert over["extends"]["service"] in load(SECRETS)
    assert "-Q tracks" in " ".join(over["command"])
    assert f"FROM worker AS {over['build']['target']}\n" in (ROOT / "Dockerfile").read_text()


def test_it_lays_the_model_before_beside_the_new_one():
    over = load(SECRETS | {"SEEKFRAME_MODEL_BEFORE": "clip"}, "docker-compose.before.yml")
    before, services = over["model-before"], load(SECRETS)
    assert before["extends"] == {"file": FILES[0], "service": "model"}
    assert before["environment"] == {"SEEKFRAME_MODEL": "clip"}
    port = services["model"]["command"][services["model"]["command"].index("--bind") + 1].partition(":")[2]
    assert over["web"]["environment"] == {"MODEL_SERVER_BEFORE_URL": f"http://model-before:{port}"}
    with pytest.raises(MissingVariable, match="SEEKFRAME_MODEL_BEFORE"):
        load(SECRETS, "docker-compose.before.yml")


@pytest.fixture
def compose(tmp_path):
    """The services over a database of their own in the tests' cluster."""
    url = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE docker_test")
        place = (url.username or "", url.password or "", url.hostname or "", url.port or 5432, "docker_test")
        composed = Compose(tmp_path, SECRETS | {"SEEKFRAME_MODEL": "tiny", "SEEKFRAME_DEVICE": "cpu"}, place)
        yield composed
        composed.close()
        connection.execute("DROP DATABASE docker_test WITH (FORCE)")


def test_it_runs_every_service_and_its_health_check(compose):
    order = [
        "redis",
        "model",
        "migrate",
        "web",
        "beat",
        "worker-index",
        "worker-media",
        "worker-fetch",
        "worker-chores",
    ]
    assert {"db", *order} == set(compose.services)
    assert compose.healthy("db")
    for name in order:
        # the other workers' checks are worker-index's, and take their whole time to fail
        if name not in ("migrate", "worker-media", "worker-fetch", "worker-chores"):
            assert not compose.healthy(name), f"{name} is healthy before it runs"
        compose.start(name)
    for name in order:
        if name != "migrate":
            compose.wait_healthy(name)
    port = compose.ports["web:8000"]
    page = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, follow_redirects=True)
    assert page.status_code == 200
    for name in ("web", "model"):
        compose.stop(name)
        assert not compose.healthy(name), f"{name} is healthy after its end"
