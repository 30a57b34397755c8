"""The confined child that writes proxies and clips; see `model_server.frames.child` for how it is confined."""

from indexer.media.cutting import cut
from indexer.media.transcode import proxy
from model_server.frames.child import serve

if __name__ == "__main__":
    serve({"proxy": proxy, "cut": cut})
