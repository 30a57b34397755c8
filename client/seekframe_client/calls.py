"""Every call of the API: its address, what it takes and what it answers. A test holds them against the server's own
description."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from seekframe_client import batch_shapes, shapes, sharing_shapes, sources_shapes

T = TypeVar("T")
FILTERS = tuple(shapes.Filters.__annotations__)
EDIT = tuple(shapes.Edit.__annotations__)
BATCH = ("videos", *batch_shapes.BatchChange.__annotations__)


@dataclass(frozen=True)
class Call(Generic[T]):
    method: str
    path: str
    answers: type[T]
    takes: tuple[str, ...] = ()  # in the address, the JSON or the form
    in_pages: bool = False
    makes: bool = False  # takes an Idempotency-Key

    def at(self, **names: str | int) -> str:
        """The names may come from anyone: they stay one part of the address."""
        return "/api/v1" + self.path.format(**{name: quote(str(value), safe="") for name, value in names.items()})


LIBRARIES = Call("GET", "/libraries", shapes.Library, in_pages=True)
LIBRARY_NEW = Call("POST", "/libraries", shapes.Library, ("name", "index_mode"), makes=True)
LIBRARY_EDIT = Call("PATCH", "/libraries/{library_id}", shapes.Library, ("index_mode",))
LABEL_SETS = Call("GET", "/libraries/{library_id}/labels", shapes.LabelSet, in_pages=True)
LABEL_SET_NEW = Call("POST", "/libraries/{library_id}/labels", shapes.LabelSet, ("name", "names"), makes=True)
LABEL_SET_DELETE = Call("DELETE", "/labels/{set_id}", type(None))

COPIES = Call("GET", "/libraries/{library_id}/copies", shapes.Copy, ("dismissed",), in_pages=True)
COPIES_FIND = Call("POST", "/libraries/{library_id}/copies", type(None))
COPY_DISMISS = Call("POST", "/copies/{copy_id}/dismiss", shapes.Copy)
COPY_RESTORE = Call("POST", "/copies/{copy_id}/restore", shapes.Copy)

PEOPLE = Call("GET", "/libraries/{library_id}/people", sharing_shapes.Person, in_pages=True)
PERSON_NEW = Call("POST", "/libraries/{library_id}/people", sharing_shapes.Person, ("username", "role"), makes=True)
PERSON_ROLE = Call("PATCH", "/libraries/{library_id}/people/{user_id}", sharing_shapes.Person, ("role",))
PERSON_REMOVE = Call("DELETE", "/libraries/{library_id}/people/{user_id}", type(None))
INVITATIONS = Call("GET", "/libraries/{library_id}/invitations", sharing_shapes.Invitation, in_pages=True)
INVITATION_NEW = Call("POST", "/libraries/{library_id}/invitations", sharing_shapes.InvitationMade, ("role",))
INVITATION_WITHDRAW = Call("DELETE", "/libraries/{library_id}/invitations/{invitation_id}", type(None))
LINKS = Call("GET", "/libraries/{library_id}/links", sharing_shapes.Link, ("ended",), in_pages=True)
LINK_NEW = Call("POST", "/libraries/{library_id}/links", sharing_shapes.LinkMade, ("name", "days"))
LINK_END = Call("DELETE", "/libraries/{library_id}/links/{link_id}", type(None))

SOURCES = Call("GET", "/libraries/{library_id}/sources", sources_shapes.Source, in_pages=True)
SOURCE_NEW = Call("POST", "/libraries/{library_id}/sources", sources_shapes.Source, ("place",), makes=True)
SOURCE = Call("GET", "/sources/{source_id}", sources_shapes.Source)
SOURCE_PAUSE = Call("PATCH", "/sources/{source_id}", sources_shapes.Source, ("paused",))
SOURCE_LOOK = Call("POST", "/sources/{source_id}/look", type(None))
SOURCE_REMOVE = Call("DELETE", "/sources/{source_id}", type(None))
SOURCE_ITEMS = Call("GET", "/sources/{source_id}/items", sources_shapes.SourceItem, ("status",), in_pages=True)
SOURCE_ITEM_CANCEL = Call("POST", "/sources/{source_id}/items/{item_id}/cancel", sources_shapes.SourceItem)
SOURCE_ITEM_RETRY = Call("POST", "/sources/{source_id}/items/{item_id}/retry", sources_shapes.SourceItem)

VIDEOS = Call("GET", "/videos", shapes.Video, ("library", "status", "trashed"), in_pages=True)
VIDEO_NEW = Call("POST", "/videos", shapes.Video, ("file", "library", "title", "allow_duplicate"), makes=True)
VIDEO = Call("GET", "/videos/{video_id}", shapes.Video)
VIDEO_EDIT = Call("PATCH", "/videos/{video_id}", shapes.Video, EDIT)
VIDEOS_EDIT = Call("PATCH", "/libraries/{library_id}/videos", batch_shapes.Batch, BATCH, makes=True)
VIDEO_DELETE = Call("DELETE", "/videos/{video_id}", type(None), ("for_good",))
VIDEO_RESTORE = Call("POST", "/videos/{video_id}/restore", shapes.Video)
VIDEO_REINDEX = Call("POST", "/videos/{video_id}/reindex", shapes.Video)
VIDEO_CANCEL = Call("POST", "/videos/{video_id}/cancel", shapes.Video)
UPLOAD = Call("GET", "/uploads/{upload_id}", shapes.Upload)
SEGMENTS = Call("GET", "/videos/{video_id}/segments", shapes.Segment, in_pages=True)
ASK = Call("POST", "/videos/{video_id}/ask", shapes.Asked, ("question", "answers", "t"))
MOMENTS = Call("GET", "/videos/{video_id}/moments", shapes.Moments, ("q", "at_least"))
MOMENTS_FILE = Call("GET", "/videos/{video_id}/moments.{ending}", bytes, ("q", "at_least"))
CLIP = Call("GET", "/videos/{video_id}/clip.mp4", bytes, ("start", "end"))
WHY = Call("GET", "/videos/{video_id}/why", shapes.Why, ("q", "t"))
CAPTIONS = Call("GET", "/videos/{video_id}/captions", shapes.Captions)
CAPTIONS_START = Call("POST", "/videos/{video_id}/captions", shapes.Captions)
CAPTIONS_CANCEL = Call("POST", "/videos/{video_id}/captions/cancel", shapes.Captions)
LINES = Call("GET", "/videos/{video_id}/lines", shapes.Line, ("kind",), in_pages=True)
SUBTITLES_NEW = Call("POST", "/videos/{video_id}/subtitles", shapes.Subtitles, ("file",))
TRACK = Call("GET", "/libraries/{library_id}/tracks/{kind}", shapes.TrackSwitch)
TRACK_SWITCH = Call("PUT", "/libraries/{library_id}/tracks/{kind}", shapes.TrackSwitch, ("on",))

SEARCH = Call("GET", "/search", shapes.Results, ("q", *FILTERS))
PICTURE_NEW = Call("POST", "/pictures", shapes.Picture, ("picture",), makes=True)
SAVED = Call("GET", "/searches", shapes.Saved, in_pages=True)
SAVED_NEW = Call("POST", "/searches", shapes.Saved, ("name", "asked"), makes=True)
SAVED_DELETE = Call("DELETE", "/searches/{search_id}", type(None))
