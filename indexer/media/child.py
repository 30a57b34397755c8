"""The confined child that writes proxies; see `model_server.frames.child` for how it is confined."""

from indexer.media.transcode import proxy
from model_server.frames.child import serve

if __name__ == "__main__":
    serve({"proxy": proxy})
