# One file, four targets: base (packages), model (the model server), worker (Celery), web (Django).
# web stays without PyTorch: it reaches the model over HTTP.

FROM python:3.11-slim-trixie AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SEEKFRAME_VAR=/data \
    HOME=/tmp \
    HF_HUB_OFFLINE=1
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin seekframe \
    && install -d -o seekframe -g seekframe /data \
    && python -m venv /opt/venv
WORKDIR /app
COPY requirements/lock.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements/lock.txt

# PyTorch by itself, so that TORCH_INDEX_URL (an index of CPU or CUDA builds) reaches pip for it alone.
FROM base AS torch
ARG TORCH_INDEX_URL=
COPY requirements/torch.txt requirements/no-deps.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps -r requirements/no-deps.txt \
    && pip install --no-cache-dir --disable-pip-version-check -r requirements/torch.txt \
       ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"}

# The code belongs to root: what runs here may read it, not change it.
FROM torch AS model
COPY pyproject.toml ./
COPY model_server/ model_server/
USER seekframe
EXPOSE 8001
CMD ["gunicorn", "-k", "model_server.server.worker.Worker", "--bind", "0.0.0.0:8001", "--keep-alive", "30", "model_server.server.app:app"]

FROM torch AS worker
COPY manage.py pyproject.toml ./
COPY model_server/ model_server/
COPY indexer/ indexer/
COPY search/ search/
COPY webapp/ webapp/
COPY locale/ locale/
COPY templates/ templates/
COPY static/ static/
USER seekframe
CMD ["celery", "--app", "webapp", "worker", "-Q", "index,media,fetch,default"]

# The optional packages for what is said and written, on top of the worker (docker-compose.tracks.yml).
FROM worker AS tracks
USER root
COPY requirements/tracks.txt requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes -r requirements/tracks.txt
USER seekframe

FROM base AS web
COPY manage.py pyproject.toml ./
COPY model_server/ model_server/
COPY indexer/ indexer/
COPY search/ search/
COPY webapp/ webapp/
COPY locale/ locale/
COPY templates/ templates/
COPY static/ static/
USER seekframe
EXPOSE 8000
CMD ["gunicorn", "--worker-class", "gthread", "--threads", "8", "--bind", "0.0.0.0:8000", "webapp.wsgi:application"]
