"""A large file, cut off 20 times at random places, by curl and by tus-js-client: it must arrive byte for byte.

    python -m benchmarks.resumes --gib 5 --cuts 20 [--seed 1] [--tus-js FOLDER]

FOLDER is where `npm install tus-js-client@4` was run; without it only curl is measured. The server is the product's own
web server in its own process; a cut is a SIGKILL of the client in the midst of a request.
"""

import argparse
import base64
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import services  # first: it starts Postgres and sets Django up  # isort: skip
from django.contrib.auth.models import User

from indexer.services import library_create
from webapp.api.models import key_make
from webapp.embedded.kept import free_port
from webapp.uploads import parts
from webapp.uploads.models import Upload

BODY_TYPE = "application/offset+octet-stream"
CHUNK_BYTES = 16 * 2**20
HEAD = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"  # an mp4's first box
ISLANDS = 200  # blocks of random bytes in an otherwise empty file
NODE = """
const fs = require("fs"), tus = require(process.env.TUS + "/node_modules/tus-js-client");
const file = process.env.FILE, size = fs.statSync(file).size;
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint: process.env.BASE + "/uploads/", uploadUrl: process.env.URL, chunkSize: +process.env.CHUNK, uploadSize: size,
  headers: JSON.parse(process.env.HEADERS), retryDelays: [200, 1000, 3000],
  onError: (error) => { console.error(String(error)); process.exit(1); }, onSuccess: () => process.exit(0),
});
upload.start();
"""
Send = Callable[[str], "subprocess.Popen[bytes]"]


def sparse_file(path: Path, size: int, seed: int) -> str:
    """A file of this size with islands of random bytes; its hash."""
    dice = random.Random(seed)
    with path.open("wb") as file:
        file.truncate(size)
        for _ in range(ISLANDS):
            file.seek(dice.randrange(len(HEAD), size - 4096))
            file.write(dice.randbytes(4096))
        file.seek(0)
        file.write(HEAD)
    return hash_of(path)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Server:
    """The web server, and one person's key."""

    def __init__(self) -> None:
        self.base = f"http://127.0.0.1:{free_port()}"
        user = User.objects.create_user("alice", password="correct horse battery")
        self.library = library_create(name="Large", owner=user)
        _, secret = key_make(owner_id=user.pk, name="benchmark", scope="write", days=None)
        self.headers = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0"}
        command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "webapp.wsgi:application"]
        command += ["--worker-class", "gthread", "--threads", "8", "--timeout", "120", "--log-level", "warning"]
        environment = {**os.environ, "DEBUG": "True"}  # static files as they lie, without a manifest to build
        self.process = subprocess.Popen(
            [*command, "--bind", self.base.removeprefix("http://")], env=environment, stdout=subprocess.DEVNULL
        )
        services.wait_for_port(int(self.base.rsplit(":", 1)[1]))

    def curl(self, *arguments: str) -> list[str]:
        given = [part for name, value in self.headers.items() for part in ("-H", f"{name}: {value}")]
        return ["curl", "--silent", "--show-error", "--fail", "--include", *given, *arguments]

    def create(self, size: int) -> str:
        facts = {"filename": "large.mp4", "library": str(self.library.pk)}
        words = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())
        made = (
            "-X",
            "POST",
            "-H",
            f"Upload-Length: {size}",
            "-H",
            f"Upload-Metadata: {words}",
            f"{self.base}/uploads/",
        )
        said = subprocess.run(self.curl(*made), capture_output=True, text=True, check=True).stdout
        found = re.search(r"^location: (\S+)", said, re.MULTILINE | re.IGNORECASE)
        assert found is not None, said
        return found[1]

    def by_curl(self, file: Path) -> Send:
        """Each process asks where to go on and sends chunk after chunk from there."""
        head = " ".join(f"-H '{name}: {value}'" for name, value in self.headers.items())
        # A server that still holds what a killed request left says so (423): the client waits and asks again.
        script = f"""
            url="$1"; size=$(stat -c %s '{file}')
            for try in $(seq 10000); do
              offset=$(curl -sfI {head} "$url" | tr -d '\\r' | sed -n 's/^Upload-Offset: //Ip')
              [ "$offset" = "$size" ] && exit 0
              [ -n "$offset" ] && tail -c +$((offset + 1)) '{file}' | head -c {CHUNK_BYTES} | curl -sf -o /dev/null \\
                -X PATCH {head} -H "Upload-Offset: $offset" -H 'Content-Type: {BODY_TYPE}' --data-binary @- "$url" \\
                || sleep 0.5
            done; exit 1"""
        return lambda url: subprocess.Popen(["bash", "-c", script, "send", self.base + url], start_new_session=True)

    def by_tus_js(self, file: Path, tus: Path) -> Send:
        facts = {"TUS": str(tus), "FILE": str(file), "BASE": self.base, "CHUNK": str(CHUNK_BYTES)}
        headers = {name: value for name, value in self.headers.items() if name != "Tus-Resumable"}
        environment = {**os.environ, **facts, "HEADERS": json.dumps(headers)}
        return lambda url: subprocess.Popen(
            ["node", "-e", NODE], env={**environment, "URL": self.base + url}, start_new_session=True
        )


def cut_and_resume(server: Server, send: Send, size: int, cuts: int, seed: int) -> tuple[Upload, dict[str, Any]]:
    """Kill the client once the server has each of `cuts` random offsets, start it again, to the end."""
    url = server.create(size)
    upload = Upload.objects.get(pk=url.rsplit("/", 1)[1])
    began, offsets = time.monotonic(), []
    for target in sorted(random.Random(seed).sample(range(1, size), cuts)):
        client = send(url)
        while parts.offset(upload.pk) < target and client.poll() is None:
            time.sleep(0.005)
        assert client.poll() is None, "the client gave up before it was cut off"
        os.killpg(client.pid, signal.SIGKILL)
        client.wait()
        offsets.append(parts.offset(upload.pk))
    assert send(url).wait() == 0
    return upload, {"cut_at": offsets, "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gib", type=float, default=5.0)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tus-js", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="seekframe-resumes-"))
    try:
        size = int(given.gib * 2**30)
        expected = sparse_file(folder / "large.mp4", size, given.seed)
        server = Server()
        ways = {"curl": server.by_curl(folder / "large.mp4")}
        if given.tus_js:
            ways["tus-js-client"] = server.by_tus_js(folder / "large.mp4", given.tus_js.absolute())
        for name, send in ways.items():
            upload, said = cut_and_resume(server, send, size, given.cuts, given.seed)
            same = hash_of(parts.part_path(upload.pk)) == expected
            parts.remove(upload.pk)
            print(
                json.dumps({"client": name, "bytes": size, "cuts": len(said["cut_at"]), "identical": same, **said}),
                flush=True,
            )
        server.process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
