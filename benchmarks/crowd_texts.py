"""A crowd that has texts encoded by the model server, each the next as soon as the last is there: see model_load."""

from benchmarks.crowd_run import Guest, run  # noqa: I001  # first: it replaces sockets

import json

from locust import task

from benchmarks.queries import QUERIES
from model_server.wire import EMBEDDINGS_TYPE


class Asker(Guest):
    n_asked = 0

    @task
    def encode(self) -> None:
        self.n_asked += 1
        # A number makes each text new, so that the server's memory of texts answers none.
        words = QUERIES[(self.number + self.n_asked) % len(QUERIES)]
        body = json.dumps({"texts": [f"{words}, take {self.asked['run']}.{self.number}.{self.n_asked}"]})
        headers = {"Authorization": f"Bearer {self.asked['token']}", "Content-Type": "application/json"}
        with self.client.post(
            "/v1/encode_texts", data=body, headers=headers, name="encode", catch_response=True
        ) as answer:
            if answer.status_code == 200 and answer.headers.get("Content-Type") != EMBEDDINGS_TYPE:
                answer.failure("200 without an embedding")


if __name__ == "__main__":
    run(Asker)
