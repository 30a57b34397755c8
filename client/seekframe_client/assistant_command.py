"""`seekframe-mcp`: the server for assistants, where what it needs is installed."""

import importlib.util
import sys


def main() -> None:
    if importlib.util.find_spec("mcp") is None:
        sys.exit("seekframe-mcp needs the MCP SDK: pip install 'seekframe-client[mcp]'")
    from seekframe_client.assistant import server

    server.run("stdio")


if __name__ == "__main__":
    main()
