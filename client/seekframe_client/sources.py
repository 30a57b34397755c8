"""The places that a library's videos come from besides uploads, and their files: for editors."""

from collections.abc import Iterator

from seekframe_client import calls
from seekframe_client.asking import Asking, given
from seekframe_client.sources_shapes import Source, SourceItem, Status


class Sources(Asking):
    def sources(self, library_id: str) -> Iterator[Source]:
        return self._each(calls.SOURCES, at={"library_id": library_id})

    def source_add(self, library_id: str, place: str) -> Source:
        """A folder (/...) or bucket (s3://...) that may be watched, or an address (https://...)."""
        return self._ask(calls.SOURCE_NEW, at={"library_id": library_id}, json={"place": place})

    def source(self, source_id: str) -> Source:
        return self._ask(calls.SOURCE, at={"source_id": source_id})

    def source_pause(self, source_id: str, paused: bool = True) -> Source:
        """With False it goes on."""
        return self._ask(calls.SOURCE_PAUSE, at={"source_id": source_id}, json={"paused": paused})

    def source_look(self, source_id: str) -> None:
        """A worker is asked to look now."""
        self._ask(calls.SOURCE_LOOK, again=True, at={"source_id": source_id})

    def source_remove(self, source_id: str) -> None:
        """The videos that it brought in stay."""
        self._ask(calls.SOURCE_REMOVE, at={"source_id": source_id})

    def source_items(self, source_id: str, *, status: Status | None = None) -> Iterator[SourceItem]:
        """Every file seen there, what changed last first."""
        return self._each(calls.SOURCE_ITEMS, at={"source_id": source_id}, params=given(status=status))

    def source_item_cancel(self, source_id: str, item_id: int) -> SourceItem:
        return self._ask(calls.SOURCE_ITEM_CANCEL, at={"source_id": source_id, "item_id": item_id})

    def source_item_retry(self, source_id: str, item_id: int) -> SourceItem:
        """One that was refused or cancelled."""
        return self._ask(calls.SOURCE_ITEM_RETRY, at={"source_id": source_id, "item_id": item_id})
