"""Where Django looks for the web process's own tables."""

from webapp.saved.models import SavedSearch
from webapp.uploads.models import Upload

__all__ = ["SavedSearch", "Upload"]
