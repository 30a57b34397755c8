import asyncio

import numpy as np
import pytest

from model_server.engine import EngineError
from model_server.server.batching import TextBatcher
from model_server.server.metrics import Metrics
from model_server.server.problems import Busy
from tests.model_servers import LetterEngine, unit


def batcher(engine: LetterEngine, **options: int) -> TextBatcher:
    return TextBatcher(engine.encode_texts, Metrics(), **options)  # type: ignore[arg-type]


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


async def held(engine: LetterEngine, texts: TextBatcher) -> asyncio.Task[object]:
    """A request that keeps the model's thread until `engine.go_on` is set."""
    engine.go_on.clear()
    first = asyncio.create_task(texts.encode(["first"]))
    await until(lambda: engine.batches)
    return first


def test_it_runs_the_texts_of_concurrent_callers_as_one_batch():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine)
        a, b, c = await asyncio.gather(texts.encode(["aa", "b"]), texts.encode(["b", "c"]), texts.encode(["aa"]))
        assert engine.batches == [["aa", "b", "c"]]
        assert np.array_equal(a[1], b[0])
        assert np.array_equal(a[0], c[0])
        assert np.array_equal(b, LetterEngine().encode_texts(["b", "c"]))
        texts.close()

    asyncio.run(story())


def test_it_answers_a_known_text_without_the_model_and_forgets_the_oldest():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine, remembered=2)
        for text in ("a", "b", "a", "c", "a", "b"):
            await texts.encode([text])
        assert engine.batches == [["a"], ["b"], ["c"], ["b"]]
        texts.close()

    asyncio.run(story())


def test_it_cuts_a_long_queue_into_batches_of_the_size_it_may_run():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine, most_texts=3)
        found = await texts.encode(list("abcdefgh"))
        assert [len(batch) for batch in engine.batches] == [3, 3, 2]
        assert np.array_equal(found, unit(np.eye(26)[:8].astype(int).tolist()))
        texts.close()

    asyncio.run(story())


def test_a_search_does_not_wait_behind_a_long_list():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine, most_of_lists=4)
        first = await held(engine, texts)
        long = [f"list {chr(97 + n)}" for n in range(20)]
        listed = asyncio.create_task(texts.encode(long))
        await asyncio.sleep(0)
        searched = asyncio.create_task(texts.encode(["search"]))
        await asyncio.sleep(0)
        engine.go_on.set()
        await asyncio.gather(first, searched, listed)
        assert engine.batches == [["first"], ["search", *long[:4]], *(long[n : n + 4] for n in range(4, 20, 4))]
        assert np.array_equal(await listed, LetterEngine().encode_texts(long))
        texts.close()

    asyncio.run(story())


@pytest.mark.parametrize(("bad", "error"), [("raise", EngineError), ("crash", RuntimeError)])
def test_it_tells_everyone_in_a_batch_what_went_wrong_and_goes_on(bad, error):
    async def story():
        texts = batcher(LetterEngine())
        results = await asyncio.gather(texts.encode(["a"]), texts.encode([bad]), return_exceptions=True)
        assert [type(result) for result in results] == [error, error]
        assert (await texts.encode(["a"])).shape == (1, 26)
        texts.close()

    asyncio.run(story())


def test_it_serves_the_others_when_one_caller_is_cancelled():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine)
        first = await held(engine, texts)
        gone, stays = asyncio.create_task(texts.encode(["x", "y"])), asyncio.create_task(texts.encode(["y", "z"]))
        await until(lambda: len(texts.queue) == 3)
        gone.cancel()
        first.cancel()
        engine.go_on.set()
        assert np.array_equal(await stays, LetterEngine().encode_texts(["y", "z"]))
        assert gone.cancelled()
        assert first.cancelled()
        assert not texts.futures
        texts.close()

    asyncio.run(story())


def test_it_refuses_more_texts_than_may_wait_and_leaves_the_queue_as_it_was():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine, most_waiting=3)
        first = await held(engine, texts)
        with pytest.raises(Busy):
            await texts.encode(["x", "y", "z"])
        assert not texts.queue
        again = asyncio.create_task(texts.encode(["first", "x", "y"]))  # "first" waits already: it takes no room
        await until(lambda: len(texts.queue) == 2)
        engine.go_on.set()
        assert len(await again) == 3
        assert len(await first) == 1
        texts.close()

    asyncio.run(story())


def test_it_leaves_no_one_waiting_when_it_stops():
    async def story():
        engine = LetterEngine()
        texts = batcher(engine)
        first = await held(engine, texts)
        second = asyncio.create_task(texts.encode(["second"]))
        await until(lambda: texts.queue)
        texts.close()
        engine.go_on.set()
        results = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(result) for result in results] == [Busy, Busy]

    asyncio.run(story())
