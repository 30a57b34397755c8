"""What is called by its name on the command line: a library, a label, a person; a video and a source by its id."""

from collections.abc import Sequence
from uuid import UUID

from seekframe_client.client import Seekframe
from seekframe_client.errors import SeekframeError
from seekframe_client.shapes import Label, Library
from seekframe_client.sharing_shapes import Person


def library_named(server: Seekframe, wanted: str | None, *, to_change: bool = False) -> Library:
    """By name or id; where none is said, the only one that may be changed."""
    known = [row for row in server.libraries() if not to_change or row["role"] != "viewer"]
    fitting = [row for row in known if wanted is None or wanted in (row["id"], row["name"])]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(f"{row['name']} ({row['id']})" for row in known) or "none yet"
    if wanted is None:
        raise SeekframeError(0, f"Say which library with --library. You may change: {names}.")
    which = "There is no library" if not fitting else "There is more than one library"
    raise SeekframeError(0, f"{which} {wanted!r}{' that you may change' * to_change}. There are: {names}.")


def label_named(server: Seekframe, wanted: str, library_ids: Sequence[str]) -> Label:
    """By name or id, of the sets of these libraries."""
    sets = [found for library_id in library_ids for found in server.label_sets(library_id)]
    known = [(label, found["name"]) for found in sets for label in found["labels"]]
    fitting = [(label, name) for label, name in known if wanted in (str(label["id"]), label["name"])]
    if len(fitting) == 1:
        return fitting[0][0]
    names = ", ".join(f"{label['name']} ({label['id']}, {name})" for label, name in fitting or known) or "none yet"
    which = "There is no label" if not fitting else "There is more than one label"
    raise SeekframeError(0, f"{which} {wanted!r}. There are: {names}.")


def person_named(server: Seekframe, wanted: str, library: Library) -> Person:
    """By the name they sign in with."""
    known = list(server.people(library["id"]))
    for person in known:
        if person["username"] == wanted:
            return person
    names = ", ".join(person["username"] for person in known)
    raise SeekframeError(0, f"Nobody with the name {wanted!r} belongs to {library['name']}. There are: {names}.")


def video_id(text: str) -> str:
    return _id(text, "a video's id: `seekframe videos` lists them")


def source_id(text: str) -> str:
    return _id(text, "a source's id: `seekframe sources` lists them")


def _id(text: str, what: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as problem:
        raise SeekframeError(0, f"{text!r} is not {what}.") from problem
