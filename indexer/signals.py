"""What other layers may listen to: sent within the transaction of the deed."""

from django.dispatch import Signal

video_deleted = Signal()  # for good, because somebody asked: video
trash_emptied = Signal()  # library, n_videos
