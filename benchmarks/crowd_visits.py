"""A crowd of people who browse, each with an account and a key: see web_load."""

from benchmarks.crowd_run import Guest, run  # noqa: I001  # first: it replaces sockets

import random
import re
from typing import Any
from urllib.parse import urlencode

from locust import task

from benchmarks.queries import QUERIES
from benchmarks.visits import fault, pictures_of

PICTURES = 12  # of a page, at most: the others lie below what is on the screen
PIECE_BYTES = 262_144


class Visitor(Guest):
    def arrive(self) -> None:
        self.dice = random.Random(self.number)
        self.seen: set[str] = set()
        self.person = self.asked["people"][self.number]
        page = self.ask("sign-in page", "/sign-in", "Sign in")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        form = {"username": self.person["name"], "password": self.asked["password"]}
        first = self.ask("sign in", "/sign-in", data=form | {"csrfmiddlewaretoken": token[1] if token else ""})
        self.fill(first)

    def wait_time(self) -> float:
        return self.dice.uniform(*self.asked["think_s"])

    @task(2)
    def home(self) -> None:
        self.fill(self.ask("home", "/"))

    @task(1)
    def library(self) -> None:
        library = self.dice.choice(self.asked["libraries"])
        self.look_at(self.ask("library", f"/library/{library['id']}", library["name"]))

    @task(4)
    def search(self) -> None:
        query = self.query()
        self.look_at(self.ask("search", f"/search?{urlencode({'q': query})}", query))

    @task(3)
    def video(self) -> None:
        video = self.dice.choice(self.asked["videos"])
        at_s = self.dice.uniform(0, video["duration_s"])
        address = f"/v/{video['id']}?{urlencode({'q': self.query(), 't': round(at_s, 2)})}"
        self.look_at(self.ask("video", address, video["title"]))
        self.ask("storyboard", f"/media/{video['id']}/storyboard/0")
        start = self.dice.randrange(video["play_bytes"])
        wanted = {"Range": f"bytes={start}-{start + PIECE_BYTES - 1}"}
        self.ask("media range", f"/media/{video['id']}/play", str(start), headers=wanted)

    @task(1)
    def program(self) -> None:
        query = self.query()
        key = {"Authorization": f"Bearer {self.person['key']}"}
        self.ask("API search", f"/api/v1/search?{urlencode({'q': query})}", query, headers=key)

    def query(self) -> str:
        """With a number, so that no memory of texts answers."""
        return f"{self.dice.choice(QUERIES)} {self.dice.randrange(10**6)}"

    def fill(self, home: str) -> None:
        """What the first page loads by itself."""
        self.ask("examples", "/fragments/examples", headers={"HX-Request": "true"})
        self.look_at(home)

    def look_at(self, page: str) -> None:
        """Loads the pictures that this browser does not have yet."""
        for address in [address for address in pictures_of(page)[:PICTURES] if address not in self.seen]:
            self.seen.add(address)
            self.ask("picture", address)

    def ask(self, kind: str, address: str, wanted: str = "", data: Any = None, **more: Any) -> str:
        method = "GET" if data is None else "POST"
        with self.client.request(method, address, name=kind, data=data, catch_response=True, **more) as answer:
            body = answer.content or b""
            if not answer.status_code:
                answer.failure(f"no answer: {answer.error}")
            elif wrong := fault(kind, answer.status_code, answer.headers, body, wanted):
                answer.failure(wrong)
            else:
                answer.success()
        return body.decode(errors="replace") if kind not in ("picture", "storyboard", "media range") else ""


if __name__ == "__main__":
    run(Visitor)
