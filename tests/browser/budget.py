"""What a page costs in a browser: bytes and requests as the network counts them, and how far its layout shifts."""

from collections import Counter

from playwright.sync_api import Page

WATCH_SHIFTS = """
window.shifted = 0;
window.shifters = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.shifted += entry.value;
    const named = (n) => n ? `${n.nodeName}.${n.className}#${n.id}` : "";
    window.shifters.push(`${entry.value.toFixed(3)} ${entry.sources.map((s) => named(s.node)).join(", ")}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# A picture keeps its place when its size is known before it is there: by attributes, or by the frame that it fills.
WITHOUT_PLACE = """() => [...document.querySelectorAll("img")].filter((img) => {
  const known = (el) => el !== null && getComputedStyle(el).aspectRatio !== "auto";
  const fills = getComputedStyle(img).height === getComputedStyle(img.parentElement).height;
  return !(img.hasAttribute("width") && img.hasAttribute("height")) && !known(img)
    && !(fills && known(img.parentElement));
}).map((img) => img.outerHTML)"""
WORDS = ("Document", "Stylesheet", "Script", "XHR", "Fetch", "Manifest")
PICTURES = ("Image",)


class Traffic:
    """What comes through the network, headers included, with the cache switched off."""

    def __init__(self, page: Page) -> None:
        self.kinds: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.bytes: dict[str, float] = {}
        line = page.context.new_cdp_session(page)
        line.on("Network.responseReceived", self._begins)
        line.on("Network.loadingFinished", self._ends)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def clear(self) -> None:
        for found in (self.kinds, self.addresses, self.bytes):
            found.clear()

    def size(self, kinds: tuple[str, ...] = WORDS) -> float:
        return sum(size for name, size in self.bytes.items() if self.kinds.get(name) in kinds)

    def requests(self, kinds: tuple[str, ...] = WORDS) -> int:
        return sum(kind in kinds for kind in self.kinds.values())

    def by_kind(self) -> dict[str, float]:
        found: Counter[str] = Counter()
        for name, size in self.bytes.items():
            found[self.kinds.get(name, "")] += round(size)
        return dict(found)

    def _begins(self, event: dict) -> None:
        self.kinds[event["requestId"]] = event["type"]
        self.addresses[event["requestId"]] = event["response"]["url"]

    def _ends(self, event: dict) -> None:
        self.bytes[event["requestId"]] = event["encodedDataLength"]
