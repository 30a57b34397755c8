"""Who may use the model server: this machine only, or whoever brings the token."""

import hmac
from ipaddress import ip_address

from starlette.requests import Request

from model_server.server.problems import Problem

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def check_access(request: Request, token: str) -> None:
    """Raises Problem(401). With a token set, it is wanted from everyone, this machine included."""
    if token:
        # Compared as bytes: compare_digest takes no text outside ASCII, which a header may hold
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {token}".encode()):
            raise Problem(
                401,
                "The token is missing or wrong: MODEL_SERVER_TOKEN must be the same on both sides.",
                {"WWW-Authenticate": "Bearer"},
            )
    elif not (_from_this_machine(request) and _for_this_machine(request)):
        raise Problem(
            401,
            "Without MODEL_SERVER_TOKEN the model server answers this machine only, under a loopback address: "
            "set the token on both sides.",
            {"WWW-Authenticate": "Bearer"},
        )


def _from_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:  # a name instead of an address, as a Unix socket's
        return False


def _for_this_machine(request: Request) -> bool:
    """Whether the Host header names the loopback: a page in a browser here may point its own name at this server."""
    host = request.headers.get("host", "")
    return host in LOOPBACK_NAMES or host.rpartition(":")[0] in LOOPBACK_NAMES
