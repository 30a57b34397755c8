"""Where Django looks for the web process's own tables."""

from webapp.api.models import ApiKey, KeptAnswer
from webapp.saved.models import SavedSearch
from webapp.shown.models import ShownPicture
from webapp.uploads.models import Upload

__all__ = ["ApiKey", "KeptAnswer", "SavedSearch", "ShownPicture", "Upload"]
