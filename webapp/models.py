"""Where Django looks for the web process's own tables."""

from webapp.api.models import ApiKey, KeptAnswer
from webapp.audit.models import AuditEntry
from webapp.saved.models import SavedSearch
from webapp.sharing.models import Invitation, ShareLink
from webapp.shown.models import ShownPicture
from webapp.sources.models import Source, SourceItem
from webapp.tour.models import TourEnded
from webapp.uploads.models import Upload

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Invitation",
    "KeptAnswer",
    "SavedSearch",
    "ShareLink",
    "ShownPicture",
    "Source",
    "SourceItem",
    "TourEnded",
    "Upload",
]
