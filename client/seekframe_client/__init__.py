"""Seekframe's API in Python."""

from seekframe_client.client import Seekframe
from seekframe_client.errors import SeekframeError

__all__ = ["Seekframe", "SeekframeError"]
__version__ = "0.1.0"
