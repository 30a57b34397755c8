// Search results under the keyboard: arrows choose a moment, and on wide screens it opens in the player at once.
import { clock } from "./clock.js";
import { announce, typing } from "./keys.js";
import { filled, gettext } from "./language.js";

const wide = matchMedia("(min-width: 75rem)");
const rows = [...document.querySelectorAll("[data-hits] > li")].map((row) => [
  ...row.querySelectorAll("[data-moment]"),
]);
const moments = rows.flat();
const side = document.querySelector("[data-player]");
const video = side?.querySelector("video");
let chosen = null;

/** Opens the moment in the player beside the results. The same file is not fetched again for another moment of it. */
function open(moment, play) {
  const { play: source, at, title, score } = moment.dataset;
  side.querySelector("[data-player-problem]").hidden = source !== "";
  if (!source) video.removeAttribute("src");
  else if (video.dataset.source === source && video.readyState > 0) video.currentTime = Number(at);
  else {
    video.dataset.source = source;
    video.src = `${source}#t=${at}`;
  }
  if (play && source) video.play().catch(() => {}); // a browser may refuse to start by itself; the controls remain
  side.querySelector("[data-player-title]").textContent = title;
  side.querySelector("[data-player-facts]").textContent = `${clock(at)}, ${match(score)}`;
  const link = side.querySelector("[data-player-open]");
  link.hidden = false;
  link.href = moment.href;
}

function choose(moment, { focus = true, play = true } = {}) {
  if (!moment) return;
  chosen?.removeAttribute("aria-current");
  chosen = moment;
  moment.setAttribute("aria-current", "true");
  if (focus) moment.focus();
  if (wide.matches && side) open(moment, play);
  if (focus) announce(`${moment.dataset.title}, ${clock(moment.dataset.at)}, ${match(moment.dataset.score)}`);
}

function match(percent) {
  return filled(gettext("%(percent)s match"), { percent: `${percent} %` });
}

function step(by) {
  if (!chosen) return moments[0];
  return moments[moments.indexOf(chosen) + by];
}

/** The best moment of the row above or below. */
function row(by) {
  const here = rows.findIndex((list) => list.includes(chosen));
  const list = rows[chosen ? here + by : 0];
  return list?.find((moment) => moment.matches(".moment-best")) ?? list?.[0];
}

const moves = {
  ArrowRight: () => step(1),
  ArrowLeft: () => step(-1),
  ArrowDown: () => row(1),
  ArrowUp: () => row(-1),
};

addEventListener("keydown", (event) => {
  if (event.target === video || event.defaultPrevented) return;
  // From the search box the down arrow leads into the results.
  const leaving = event.key === "ArrowDown" && event.target.matches?.("[data-search]");
  if (typing(event) && !leaving) return;
  if (event.key in moves) {
    event.preventDefault();
    choose(moves[event.key]() ?? chosen); // at an end the moment stays, and takes the focus
  } else if (event.key === "o" && chosen) {
    location.href = chosen.href;
  }
});

for (const moment of moments) {
  moment.addEventListener("click", (event) => {
    if (!wide.matches || !side || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // also Enter: it plays here
    choose(moment);
  });
  moment.addEventListener("focus", () => {
    if (moment !== chosen) choose(moment, { focus: false, play: false });
  });
}

video?.addEventListener("error", () => {
  side.querySelector("[data-player-problem]").hidden = false;
});

// A long strip begins at its best moment, not at its first.
for (const best of document.querySelectorAll(".strip .moment-best")) {
  const strip = best.closest(".strip");
  const [place, frame] = [best.getBoundingClientRect(), strip.getBoundingClientRect()];
  if (place.right > frame.right) strip.scrollLeft += place.left - frame.left - (frame.width - place.width) / 2;
}

const first = row(0);
if (first && side && wide.matches) choose(first, { focus: false, play: false });

// A chosen filter applies at once; the button remains for those who use no mouse.
for (const field of document.querySelectorAll("[data-filters] > select, [data-filters] [data-narrow] select")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// The least match: named only once it was moved, so that a form sent for another filter keeps the fitted cut-off.
const least = document.querySelector("[data-least]");
least?.addEventListener("input", () => {
  least.name = "at_least";
  least.nextElementSibling.textContent = `${least.value} %`;
});
least?.addEventListener("change", () => least.form.requestSubmit());
