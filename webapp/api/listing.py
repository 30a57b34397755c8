"""Whatever may be long comes in pages: `items`, and the `count` of all."""

from typing import Annotated

from ninja import Field
from ninja.pagination import PageNumberPagination

PAGE = 50
LAST_PAGE = 100_000  # beyond any library, and within what the database counts
PageNumber = Annotated[int, Field(ge=1, le=LAST_PAGE)]


class Pages(PageNumberPagination):
    class Input(PageNumberPagination.Input):
        page: PageNumber = 1
        page_size: int | None = Field(None, ge=1, le=100)
