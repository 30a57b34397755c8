"""Likely copies: the sieve and the share alone, then by the shipped model on copies made here."""

import html
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from django.core.management import call_command

from indexer import bells, samples, services, spaces
from indexer.models import Library, LikelyCopy, Membership, Space, Video
from model_server.frames.reader import read_clips
from model_server.local import LocalEngine, load_engine
from search import copies_kept as copies
from search.copies import pairs_with
from tests.search_world import add_video, showing, stored_space
from webapp.tasks import find_copies

pytestmark = pytest.mark.django_db

Pictures = list[np.ndarray]  # (H, W, 3) each
DOGS = [showing("dog", 0.8, seed=i) for i in range(6)]
CATS = [showing("cat", 0.8, seed=i) for i in range(10, 16)]


def found(library: Library) -> set[tuple[str, str]]:
    copies.copies_find(library)
    return {(copy.first.title, copy.second.title) for copy in copies.copies_in(library)}


@pytest.fixture
def space() -> Space:
    return stored_space()


def test_the_same_stream_a_part_of_it_and_another(library: Library, space: Space) -> None:
    add_video(library, space, DOGS, title="dogs")
    add_video(library, space, DOGS[2:5], title="part")
    add_video(library, space, CATS, title="cats")
    add_video(Library.objects.create(name="Other"), space, DOGS, title="elsewhere")
    assert found(library) == {("dogs", "part")}


def test_a_clip_of_a_long_film_with_many_scenes_passes_the_sieve(library: Library, space: Space) -> None:
    scenes = [showing(word, 0.9, seed=i) for word in ("cat", "train", "pie", "boat", "snow") for i in range(8)]
    add_video(library, space, [*scenes, *DOGS[:2]], title="film")
    add_video(library, space, DOGS[:2], title="clip")
    assert found(library) == {("film", "clip")}


def test_another_shot_of_the_same_thing_is_no_copy(library: Library, space: Space) -> None:
    add_video(library, space, DOGS, title="dogs")
    add_video(library, space, [showing("dog", 0.8, seed=i) for i in range(20, 26)], title="other dogs")
    assert found(library) == set()


def test_each_comparison_takes_the_place_of_the_one_before(library: Library, space: Space) -> None:
    first, second = (add_video(library, space, DOGS, title=title) for title in ("first", "second"))
    assert found(library) == found(library) == {("first", "second")}
    assert LikelyCopy.objects.count() == 1
    services.video_trash(video=second)
    assert copies.copies_in(library) == [], "the trash is not shown"
    services.video_restore(video=second)
    assert len(copies.copies_in(library)) == 1
    services.video_trash(video=first)
    assert found(library) == set()


def test_an_empty_library_has_none(library: Library) -> None:
    assert found(library) == set()


def test_the_page_shows_them_to_editors_and_a_button_has_them_found(client, alice, bob, library, space) -> None:
    videos = [add_video(library, space, DOGS, title=title) for title in ("Original", "Sent by phone")]
    client.force_login(alice)
    said = html.unescape(client.post(f"/library/{library.pk}/copies", follow=True).content.decode())
    assert "A worker compares the videos" in said
    find_copies(str(library.pk))
    page = html.unescape(client.get(f"/library/{library.pk}").content.decode())
    assert "These look like copies of each other" in page
    assert all(page.count(f'href="/v/{video.pk}"') == 2 for video in videos)  # and its card
    client.force_login(bob)
    assert "copies of each other" not in client.get(f"/library/{library.pk}").content.decode()
    assert client.post(f"/library/{library.pk}/copies").status_code == 403
    Membership.objects.filter(user=bob).delete()
    assert client.post(f"/library/{library.pk}/copies").status_code == 404


def test_the_command_says_them(capsys, library: Library, space: Space) -> None:
    for title in ("first", "second"):
        add_video(library, space, DOGS, title=title)
    call_command("find_copies", library="Holidays")
    assert capsys.readouterr().out.splitlines() == ["Holidays: 1 pair", "  100%  first  =  second"]


def test_the_task_is_one_that_workers_know() -> None:
    assert find_copies.name in bells.current_app.tasks
    find_copies("00000000-0000-0000-0000-000000000000")  # its library was deleted meanwhile


# The limits, on copies as people make them: measured at length in docs/library.md, here by the two shortest samples.


def pictures_of(path: Path) -> tuple[Pictures, Fraction]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)], stream.average_rate


def write(path: Path, pictures: Pictures, rate: Fraction, crf: int = 23) -> Path:
    height, width = (side - side % 2 for side in pictures[0].shape[:2])
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for picture in pictures:
            whole = np.ascontiguousarray(picture[:height, :width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(whole, format="rgb24")))
        container.mux(stream.encode())
    return path


def cropped(pictures: Pictures) -> Pictures:
    """A tenth less on each axis."""
    height, width = pictures[0].shape[:2]
    y, x = height // 20, width // 20
    return [picture[y : height - y, x : width - x] for picture in pictures]


COPIES: dict[str, Callable[[Pictures], Pictures]] = {
    "as it is": lambda pictures: pictures,
    "half the size": lambda pictures: [picture[::2, ::2] for picture in pictures],
    "cropped": cropped,
    "the middle half": lambda pictures: pictures[len(pictures) // 4 : 3 * len(pictures) // 4],
}


def stream_of(path: Path, engine: LocalEngine) -> list[np.ndarray]:
    return [row for batch in read_clips(path, engine.space, 16) for row in engine.predict(batch.clips)]


def test_made_copies_are_found_and_other_videos_are_not(library: Library, tmp_path: Path) -> None:
    engine = load_engine("small", "cpu")
    space = spaces.ensure_space(engine.space)
    titles = ("Bikes in a street", "Big Buck Bunny")
    for title in titles:
        path = samples.CLIPS[title].path()
        assert path is not None
        pictures, rate = pictures_of(path)
        for name, change in COPIES.items():
            made = write(tmp_path / "copy.mp4", change(pictures), rate)
            add_video(library, space, stream_of(made, engine), title=f"{title}: {name}")
    pairs = found(library)
    crossed = {pair for pair in pairs if pair[0].partition(":")[0] != pair[1].partition(":")[0]}
    assert crossed == set()
    of_original = {second for first, second in pairs if first.endswith(": as it is")}
    assert of_original == {f"{title}: {name}" for title in titles for name in list(COPIES)[1:]}
    assert Video.objects.count() == len(titles) * len(COPIES)
    by_anchors = {frozenset((p.first, p.second)) for video in Video.objects.all() for p in pairs_with(video, space)}
    assert by_anchors == {frozenset((copy.first_id, copy.second_id)) for copy in LikelyCopy.objects.all()}
