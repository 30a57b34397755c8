// The video page: one place in time, shown by the player, the scrubber, the segments and the list of moments.
import { clock } from "./clock.js";
import { searchFrame } from "./frame.js";
import { announce, typing } from "./keys.js";
import { filled, gettext, ngettext } from "./language.js";
import { momentsAbove } from "./moments.js";
import "./tabs.js";
import { follow } from "./transcript.js";

const SVG = "http://www.w3.org/2000/svg";
const watch = document.querySelector("[data-watch]");
const find = (name) => watch.querySelector(`[data-${name}]`);
const screen = find("screen");
const scrub = find("scrub");
const cut = find("cut");
const duration = Number(watch.dataset.duration);
const steps = JSON.parse(document.getElementById("heat-steps")?.textContent ?? "[]");
let moments = [];

function now() {
  return screen ? screen.currentTime : Number(scrub?.value ?? 0);
}

function seek(seconds) {
  const place = Math.min(Math.max(seconds, 0), duration);
  if (screen) screen.currentTime = place;
  if (scrub) scrub.value = place;
  show(place);
}

/** Every view of the place follows. */
function show(seconds) {
  const asked = find("ask-at");
  if (asked) asked.value = seconds.toFixed(2);
  const why = find("why-at");
  if (why) why.value = seconds.toFixed(2);
  const more = find("more-like");
  if (more) more.href = more.href.replace(/@[\d.]*$/, `@${seconds.toFixed(1)}`);
  follow(seconds);
  if (!scrub) return;
  scrub.setAttribute("aria-valuetext", clock(seconds));
  find("now").textContent = clock(seconds);
  const x = (seconds / duration) * 1000;
  find("playhead").setAttribute("x1", x);
  find("playhead").setAttribute("x2", x);
  for (const segment of watch.querySelectorAll("[data-segments] [data-seek]")) {
    mark(segment, Number(segment.dataset.seek), Number(segment.dataset.end), seconds);
  }
  for (const item of watch.querySelectorAll("[data-found] [data-seek]")) {
    mark(item, Number(item.dataset.start), Number(item.dataset.end), seconds);
  }
}

function mark(item, start, end, seconds) {
  const inside = seconds >= start && seconds < end;
  if (inside === (item.getAttribute("aria-current") === "true")) return;
  if (!inside) return item.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  // Along the strip only: the page itself must not move under the reader.
  const strip = item.closest("[data-segments]");
  if (strip) strip.scrollLeft = item.parentElement.offsetLeft - strip.offsetLeft - strip.clientWidth / 3;
}

function bar(score) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 4");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, width] of [
    ["score-well", 100],
    ["score-bar", score * 100],
  ]) {
    const rect = document.createElementNS(SVG, "rect");
    rect.setAttribute("class", name);
    rect.setAttribute("width", width);
    rect.setAttribute("height", 4);
    svg.append(rect);
  }
  return svg;
}

function words(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function between(moment) {
  return filled(gettext("%(start)s to %(end)s"), { start: clock(moment.start), end: clock(moment.end) });
}

function match(percent) {
  return filled(gettext("%(percent)s match"), { percent: `${percent} %` });
}

function foundItem(moment) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "found-link";
  button.dataset.seek = moment.best;
  button.dataset.start = moment.start;
  button.dataset.end = moment.end;
  button.append(
    words(between(moment)),
    bar(moment.score),
    words(`${Math.round(moment.score * 100)} %`),
  );
  const clip = document.createElement("a");
  const part = new URLSearchParams({ start: moment.start.toFixed(2), end: moment.end.toFixed(2) });
  clip.href = `${watch.dataset.clip}?${part}`;
  clip.download = "";
  clip.className = "small";
  clip.textContent = gettext("Clip");
  clip.setAttribute("aria-label", filled(gettext("Download %(span)s as a clip"), { span: between(moment) }));
  item.append(button, clip);
  return item;
}

/** The cut was moved: the dashed line, the marks, the list and the count follow. */
function applyCut() {
  const level = Number(cut.value) / 100;
  moments = momentsAbove(steps, level);
  const y = 100 - level * 100;
  find("cut-line").setAttribute("y1", y);
  find("cut-line").setAttribute("y2", y);
  cut.setAttribute("aria-valuetext", match(cut.value));
  const count = filled(ngettext("%(n)s moment", "%(n)s moments", moments.length), { n: moments.length });
  const seconds = moments.reduce((sum, moment) => sum + moment.end - moment.start, 0);
  const said = gettext("%(count)s, %(length)s in all, at %(percent)s or better");
  find("cut-said").textContent = filled(said, { count, length: clock(seconds), percent: `${cut.value} %` });
  for (const link of document.querySelectorAll("[data-moments-file]")) {
    const address = new URL(link.href);
    address.searchParams.set("at_least", cut.value);
    link.href = address;
  }
  find("found-title").textContent = count;
  find("found-none").hidden = moments.length > 0;
  find("found-files").hidden = moments.length === 0;
  find("found").replaceChildren(...moments.map(foundItem));
  find("hit-marks").replaceChildren(
    ...moments.map((moment) => {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("x", (moment.start / duration) * 1000);
      rect.setAttribute("width", Math.max(((moment.end - moment.start) / duration) * 1000, 3));
      rect.setAttribute("y", 94);
      rect.setAttribute("height", 6);
      return rect;
    }),
  );
  show(now());
}

/** The next moment after here, or the one before; at the ends it stays. */
function jump(by) {
  const here = now();
  const target =
    by > 0
      ? moments.find((moment) => moment.best > here + 0.3)
      : moments.findLast((moment) => moment.best < here - 0.3);
  if (!target) {
    announce(by > 0 ? gettext("No moment after this one") : gettext("No moment before this one"));
    return;
  }
  seek(target.best);
  announce(`${clock(target.best)}, ${match(Math.round(target.score * 100))}`);
}

async function copyLink() {
  const link = new URL(watch.dataset.link, location.origin);
  link.searchParams.set("t", now().toFixed(1).replace(/\.0$/, ""));
  if (watch.dataset.query) link.searchParams.set("q", watch.dataset.query);
  history.replaceState(null, "", link); // the address bar holds it too, should the clipboard be closed
  const said = find("copied");
  try {
    await navigator.clipboard.writeText(link.href);
    said.textContent = filled(gettext("Link to %(time)s copied"), { time: clock(now()) });
  } catch {
    said.textContent = filled(gettext("The address bar now holds the link to %(time)s"), { time: clock(now()) });
  }
}

async function searchThisFrame() {
  const said = find("copied");
  if (screen?.videoWidth && (await searchFrame(find("frame-form"), screen))) said.textContent = gettext("Looking at the frame");
  else said.textContent = gettext("There is no frame to search with yet: play the video first");
}

const keys = {
  " ": () => (screen?.paused ? screen.play() : screen?.pause()),
  ArrowLeft: (shift) => (shift ? jump(-1) : seek(now() - 5)),
  ArrowRight: (shift) => (shift ? jump(1) : seek(now() + 5)),
  c: () => copyLink(),
  m: () => find("more-like")?.click(),
  f: () => find("search-frame")?.click(),
  "?": () => document.getElementById("tab-keys").click(),
};

addEventListener("keydown", (event) => {
  const act = keys[event.key];
  if (!act || typing(event)) return;
  const target = event.target;
  const button = target.matches?.("button, summary, a");
  if (event.key === " " && button) return; // a focused button is pressed by it
  if (event.key.startsWith("Arrow") && (target === cut || target.matches?.("[role=tab], [data-detail]"))) return;
  event.preventDefault();
  act(event.shiftKey);
});

watch.addEventListener("click", (event) => {
  const target = event.target.closest("[data-seek]");
  if (target) seek(Number(target.dataset.seek));
});

scrub?.addEventListener("input", () => seek(Number(scrub.value)));
find("copy")?.addEventListener("click", copyLink);
find("search-frame")?.addEventListener("click", searchThisFrame);
screen?.addEventListener("timeupdate", () => {
  if (scrub) scrub.value = screen.currentTime;
  show(screen.currentTime);
});
screen?.addEventListener("error", () => {
  find("screen-problem").hidden = false;
});

if (cut) {
  cut.value = Math.round(Number(watch.dataset.cutoff) * 100);
  cut.addEventListener("input", applyCut);
  applyCut();
} else show(Number(watch.dataset.at));
