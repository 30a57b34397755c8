"""The model server: `gunicorn -k model_server.server.worker.Worker model_server.server.app:app`.

One worker process a model: more throughput is more servers behind a balancer (docs/model-server.md).
"""

import asyncio
import dataclasses
import logging
import os
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model_server import wire
from model_server.engine import Embeddings, Engine
from model_server.logs import HEADER, is_plain_id, request_id, write_lines
from model_server.server.access import check_access
from model_server.server.body import read_body, read_clips, read_texts
from model_server.server.problems import answer_problem, as_problem, problem_response
from model_server.server.service import Service

Answer = Callable[[Request, Service], Awaitable[Response]]

log = logging.getLogger("model_server.requests")


async def predict(request: Request, service: Service) -> Response:
    space = service.ready().space
    with service.places["predict"].one():
        clips, prompt = await read_clips(request, space)
        return embeddings_response(await service.predict(clips, prompt))


async def encode_texts(request: Request, service: Service) -> Response:
    service.ready()
    with service.places["encode_texts"].one():
        return embeddings_response(await service.encode_texts(await read_texts(request)))


async def decode(request: Request, service: Service) -> Response:
    dim = service.ready().space.dim
    with service.places["decode"].one():
        body = await read_body(request, wire.EMBEDDINGS_TYPE, wire.MAX_BODY_BYTES)
        return JSONResponse({"captions": await service.decode(wire.unpack_embeddings(body, dim))})


async def space(_: Request, service: Service) -> Response:
    return JSONResponse(dataclasses.asdict(service.ready().space))


async def version(_: Request, service: Service) -> Response:
    known = service.ready().space
    return JSONResponse({"seekframe": seekframe_version(), "model": known.model, "weights": known.version})


async def metrics(_: Request, service: Service) -> Response:
    return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


async def healthz(request: Request) -> Response:
    """200 once the model is loaded, 503 before. Open to all: it tells nothing else."""
    ready = request.app.state.service.engine is not None
    return JSONResponse({"status": "ready" if ready else "loading"}, 200 if ready else 503)


def embeddings_response(embeddings: Embeddings) -> Response:
    return Response(wire.pack_embeddings(embeddings), media_type=wire.EMBEDDINGS_TYPE)


def guarded(name: str, answer: Answer, token: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind the access check, counted and timed, with every refusal as problem+json."""

    async def endpoint(request: Request) -> Response:
        service: Service = request.app.state.service
        start = time.perf_counter()
        take_request_id(request)
        try:
            check_access(request, token)
            response = await answer(request, service)
        except Exception as error:  # noqa: BLE001 - as_problem logs what nobody foresaw
            response = problem_response(as_problem(error))
        if service.engine is not None and response.status_code == 200:
            response.headers[wire.SPACE_HEADER] = wire.space_tag(service.engine.space)
        service.metrics.requests.labels(name, response.status_code).inc()
        seconds = time.perf_counter() - start
        service.metrics.seconds.labels(name).observe(seconds)
        note(name, response.status_code, seconds)
        return response

    return endpoint


def take_request_id(request: Request) -> None:
    """Web's or a worker's, so that the log lines of both can be joined; a request runs in a context of its own."""
    given = request.headers.get(HEADER, "")
    request_id.set(given if is_plain_id(given) else "")


def note(name: str, status: int, seconds: float) -> None:
    asked_by_machines = name in ("metrics", "version", "space")
    facts = {"endpoint": name, "status": status, "seconds": round(seconds, 3)}
    log.log(logging.DEBUG if asked_by_machines else logging.INFO, "model_request", extra=facts)


def make_app(load: Callable[[], Engine], *, token: str = "") -> Starlette:
    """The app around any engine; `load` runs once, after the server has begun to listen."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.service = Service()
        loading = asyncio.create_task(app.state.service.load(load))
        yield
        loading.cancel()
        app.state.service.close()

    def routes() -> Iterable[Route]:
        posts = {"predict": predict, "encode_texts": encode_texts, "decode": decode}
        for name, post in posts.items():
            yield Route(f"/v1/{name}", guarded(name, post, token), methods=["POST"])
        yield Route("/v1/space", guarded("space", space, token))
        yield Route("/version", guarded("version", version, token))
        yield Route("/metrics", guarded("metrics", metrics, token))
        yield Route("/healthz", healthz)

    handlers: dict[Any, Any] = {HTTPException: answer_problem, Exception: answer_problem}
    return Starlette(routes=list(routes()), lifespan=lifespan, exception_handlers=handlers)


def seekframe_version() -> str:
    """The project's version, from the one place that names it."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    return str(tomllib.loads(project.read_text())["project"]["version"])


def load_from_environment() -> Engine:
    write_lines()
    from model_server.loading import engine_of  # torch takes seconds to import: /healthz must answer before

    engine = engine_of(os.environ.get("SEEKFRAME_MODEL") or "small", os.environ.get("SEEKFRAME_DEVICE") or "auto")
    engine.encode_texts(["the first text is slow"])  # it makes what is made late: no person should wait for it
    return engine


def token_from_environment() -> str:
    """MODEL_SERVER_TOKEN, or the content of the file that MODEL_SERVER_TOKEN_FILE names."""
    file = os.environ.get("MODEL_SERVER_TOKEN_FILE")
    return Path(file).read_text().strip() if file else os.environ.get("MODEL_SERVER_TOKEN", "").strip()


app = make_app(load_from_environment, token=token_from_environment())
