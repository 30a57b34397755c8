"""Search: from a person's words to moments (design section 5). Reads top to bottom."""

from search.results import HeatStep, Hit, Results, SearchRequest, VideoHits

__all__ = ["HeatStep", "Hit", "Results", "SearchRequest", "VideoHits"]
