"""What the sources raise for a person: sentences, with X where something is filled in. Read from the syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each ends in a sentence on a page, or in one that is stored for a page.
RAISED = {
    *("MediaError", "EngineError", "Problem", "SourceProblem", "FetchProblem", "NotPublic", "TagProblem", "NotDone"),
    *("TooMany", "NotShown", "NoPlace", "QueryError", "SubtitlesProblem", "NotInstalled"),
}
WHERE = ("webapp", "search", "indexer", "model_server/frames", "model_server/tracks", "model_server/client.py")
# Read by programs, which are told in English.
FOR_PROGRAMS = ("webapp/api/", "webapp/uploads/tus.py", "webapp/uploads/callers.py", "webapp/uploads/whole.py")
FOR_PROGRAMS += ("/management/", "webapp/embedded/")
TOLD_TO_PROGRAMS = ("This address takes ", "This server takes whole files ", "Clips name frames ")


def raised() -> Iterator[tuple[str, str]]:
    """The file and the sentence."""
    for where in WHERE:
        place = ROOT / where
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = str(path.relative_to(ROOT))
            if not any(part in name for part in FOR_PROGRAMS):
                found = _sentences(ast.parse(path.read_text()))
                yield from ((name, sentence) for sentence in found if not sentence.startswith(TOLD_TO_PROGRAMS))


def _sentences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in RAISED and node.args:
            yield from (text.replace("nothing X it", "nothing after it") for text in _texts(node.args[0]))
        # Constants that are raised or stored elsewhere: written large, and sentences.
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            text = _text(node.value)
            if text.endswith(".") and " " in text:
                yield text.replace("{name}", "X")


def _texts(node: ast.expr) -> Iterator[str]:
    """One, or one of two."""
    choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    yield from (text for choice in choices if (text := _text(choice)))


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.expr) -> str:
    """A literal, with X for what is filled in; empty for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "X" for part in node.values)
    return ""
