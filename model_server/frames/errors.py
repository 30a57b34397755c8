"""What goes wrong with a file a person gave us, in a sentence for that person."""


class MediaError(Exception):
    """A file could not be read.

    `permanent`: trying the same file again will not help. `crashed`: the confined child died, hung or broke a
    limit, which a hostile file may have caused: the caller counts these and puts the file aside.
    """

    def __init__(self, message: str, *, permanent: bool, crashed: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.crashed = crashed


def no_picture() -> MediaError:
    return MediaError("No picture in this file can be decoded. It may be damaged.", permanent=True)


def too_long() -> MediaError:
    return MediaError(
        "This video is longer than 24 hours, the most that is read here. Cut it into parts.", permanent=True
    )
