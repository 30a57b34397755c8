"""Text in pictures, by rapidocr. Optional: `extras` says what it needs; imported only where a track is made."""

import numpy as np

from model_server.frames.changes import Picture
from model_server.tracks.extras import NotInstalled, is_installed, missing

NAME = "PP-OCRv6-small"
SURE = 0.7  # of a text's own score: patterns of fences and leaves stay below
LONGEST_PX = 960  # of a picture's longer side: text that is smaller than this shows is not read
# What its wheel carries, named, so that another version that would fetch its models says so at once.
PARAMETERS = {
    "Global.use_cls": False,  # text upside down is left
    "Global.log_level": "critical",
    "Global.text_score": SURE,
    "Det.limit_type": "max",
    "Det.limit_side_len": LONGEST_PX,
    "EngineConfig.onnxruntime.intra_op_num_threads": 2,
}


class Writing:
    """The detector and the reader, ready."""

    name = NAME

    def __init__(self) -> None:
        if not is_installed("written"):
            raise NotInstalled(missing("written"))
        from rapidocr import RapidOCR  # a second, and what OpenCV takes: only where it is used

        self._engine = RapidOCR(params=PARAMETERS)

    def read(self, picture: Picture) -> tuple[str, ...]:
        """The texts in a picture (H, W, 3) RGB, from top to bottom."""
        found = self._engine(np.ascontiguousarray(picture[:, :, ::-1]))  # as OpenCV has them: BGR
        return tuple(str(text).strip() for text in found.txts or ())
