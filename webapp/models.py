"""Where Django looks for the web process's own tables."""

from webapp.uploads.models import Upload

__all__ = ["Upload"]
