"""How a part of the command `seekframe` adds what it can do."""

import argparse
from collections.abc import Callable
from typing import Protocol

from seekframe_client.client import Seekframe

Act = Callable[[Seekframe, argparse.Namespace], int]


class Command(Protocol):
    """Adds a command with its name, what carries it out, and what its help says."""

    def __call__(self, name: str, act: Act, says: str) -> argparse.ArgumentParser: ...
