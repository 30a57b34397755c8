"""Which parts run here: those for which no URL is set, and always the web server, the workers and beat."""

import ipaddress
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from webapp import env
from webapp.embedded import checks, kept, programs, valkey
from webapp.embedded.leftovers import remove_stale_lock
from webapp.embedded.postgres import Cluster, place_data, server_user
from webapp.embedded.programs import Program

EVERYWHERE = ("0.0.0.0", "::")


@dataclass
class Plan:
    """What to start, and the settings it starts with."""

    host: str
    port: int
    var: Path
    values: dict[str, str]  # kept between starts
    environment: dict[str, str] = field(default_factory=dict)
    stores: list[Program] = field(default_factory=list)  # before the migrations
    services: list[Program] = field(default_factory=list)  # after them
    cluster: Cluster | None = None

    @property
    def run_dir(self) -> Path:
        return self.var / "run"

    @property
    def scratch(self) -> Path:
        """For temporary files: on the disk whose room is looked at, and emptied at every start."""
        return self.var / "tmp"

    @property
    def programs(self) -> list[Program]:
        return [*self.stores, *self.services]

    @property
    def address(self) -> str:
        """The web server as this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def make_plan(var: Path, *, with_samples: bool) -> Plan:
    values = kept.load(env.embedded_file())
    host = env.chosen("HOST") or "localhost"
    plan = Plan(host, env.integer("PORT", 8000, low=1, high=65535), var, values)
    for part in (_secrets, _hosts, _database, _valkey, _model):
        part(plan)
    plan.services += [*programs.workers(), programs.beat(), programs.web(plan.host, plan.port)]
    if with_samples:
        plan.services.append(programs.samples())
    return plan


def check_plan(plan: Plan) -> None:
    """Everything that can be known to go wrong before anything runs. Raises StartProblem."""
    checks.check_disk(plan.var)
    checks.check_port(plan.host, plan.port)
    checks.check_model(env.chosen("SEEKFRAME_MODEL") or "small")
    checks.check_device(env.chosen("SEEKFRAME_DEVICE") or "auto")
    questions: dict[str, Callable[[str], None]] = {
        "DATABASE_URL": checks.check_database,
        "REDIS_URL": checks.check_redis,
        "MODEL_SERVER_URL": checks.check_model_server,
        "STORAGE_URL": checks.check_storage,
    }
    for name, check in questions.items():
        if env.chosen(name):
            check(env.chosen(name))


def _keep(plan: Plan, name: str, value: str) -> None:
    """A setting that the operator left to us."""
    plan.values[name] = plan.environment[name] = value


def _secrets(plan: Plan) -> None:
    for name in ("SECRET_KEY", "MODEL_SERVER_TOKEN"):
        if not env.chosen(name):
            plan.environment[name] = kept.secret(plan.values, name)


def _hosts(plan: Plan) -> None:
    """Beyond loopback, the names of this machine are answered to, and the first account needs a token."""
    if is_loopback(plan.host):
        return
    if not env.chosen("ALLOWED_HOSTS"):
        plan.environment["ALLOWED_HOSTS"] = ",".join(_own_names(plan.host))
    if not env.chosen("SETUP_TOKEN"):
        plan.environment["SETUP_TOKEN"] = kept.secret(plan.values, "CONSOLE_SETUP_TOKEN")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _own_names(host: str) -> list[str]:
    names = ["localhost", "127.0.0.1", "[::1]", host]
    if host in EVERYWHERE:
        names += [socket.gethostname(), socket.getfqdn()]
        addresses = [address for of_card in psutil.net_if_addrs().values() for address in of_card]
        names += [address.address for address in addresses if address.family == socket.AF_INET]
    return list(dict.fromkeys(names))


def _database(plan: Plan) -> None:
    if env.chosen("DATABASE_URL"):
        plan.values.pop("DATABASE_URL", None)
        return
    plan.cluster = Cluster(place_data(plan.var / "postgres"), kept.port(plan.values, "POSTGRES_PORT"))
    plan.cluster.initialise()
    remove_stale_lock(plan.cluster.directory)
    _keep(plan, "DATABASE_URL", plan.cluster.url)
    user = server_user()
    plan.stores.append(programs.database(plan.cluster.command(), user.pw_name if user else "-"))


def _valkey(plan: Plan) -> None:
    if env.chosen("REDIS_URL"):
        plan.values.pop("REDIS_URL", None)
        return
    port, password = kept.port(plan.values, "VALKEY_PORT"), kept.secret(plan.values, "VALKEY_PASSWORD")
    configuration = plan.run_dir / "valkey.conf"
    valkey.write_configuration(configuration, port=port, password=password)
    _keep(plan, "REDIS_URL", f"redis://:{password}@127.0.0.1:{port}/0")
    plan.stores.append(programs.valkey(valkey.command(configuration)))


def _model(plan: Plan) -> None:
    if env.chosen("MODEL_SERVER_URL"):
        for name in ("MODEL_SERVER_URL", "MODEL_SERVER_BEFORE_URL"):
            plan.values.pop(name, None)
        return
    port = kept.port(plan.values, "MODEL_PORT")
    _keep(plan, "MODEL_SERVER_URL", f"http://127.0.0.1:{port}")
    plan.stores.append(programs.model(port))  # it needs no database, so it loads while the migrations run
    port = kept.port(plan.values, "MODEL_BEFORE_PORT")
    _keep(plan, "MODEL_SERVER_BEFORE_URL", f"http://127.0.0.1:{port}")
    plan.services.append(programs.model_before(port))


def operator_settings() -> dict[str, str]:
    """What .env sets, for processes that read nothing but their environment."""
    names = ("SEEKFRAME_MODEL", "SEEKFRAME_DEVICE", "MODEL_SERVER_TOKEN", "SECRET_KEY")
    return {name: value for name in names if (value := env.chosen(name))}


def full_environment(plan: Plan) -> dict[str, str]:
    own = {"SEEKFRAME_VAR": str(plan.var.resolve()), "HOST": plan.host, "PORT": str(plan.port)}
    own["TMPDIR"] = str(plan.scratch.resolve())
    return {**programs.environment(), **operator_settings(), **plan.environment, **own, "PATH": os.environ["PATH"]}
