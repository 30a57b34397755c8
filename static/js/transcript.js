// The transcript follows the player, and a search in it jumps from line to line.

/** Where `words` stand in `text`, without regard to capitals: [start, end] pairs. Pure. */
export function placesOf(text, words) {
  const places = [];
  const sought = words.trim().toLocaleLowerCase();
  const lower = text.toLocaleLowerCase();
  if (!sought || lower.length !== text.length) return places; // some capitals change their length: no marks then
  for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, at + sought.length)) {
    places.push([at, at + sought.length]);
  }
  return places;
}

let asked = ""; // the panel is asked for again while lines are being written: what was typed stays
let kind = "";

const panel = () => document.querySelector("[data-transcript]");
const part = (name) => panel()?.querySelector(`[data-transcript-${name}]`);
const items = () => [...(part("lines")?.children ?? [])];

function paint(item) {
  const place = item.querySelector("[data-line]");
  const text = place.textContent;
  const nodes = [];
  let done = 0;
  for (const [start, end] of placesOf(text, asked)) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(start, end);
    nodes.push(text.slice(done, start), mark);
    done = end;
  }
  place.replaceChildren(...nodes, text.slice(done));
}

function apply() {
  const sought = asked.trim().toLocaleLowerCase();
  let n = 0;
  for (const item of items()) {
    const text = item.querySelector("[data-line]").textContent.toLocaleLowerCase();
    item.hidden = (kind && item.dataset.kind !== kind) || !text.includes(sought);
    n += !item.hidden;
    paint(item);
  }
  const said = part("said");
  if (!said) return;
  const sentence = n === 0 ? said.dataset.none : n === 1 ? said.dataset.one : said.dataset.many.replace("{n}", n);
  said.textContent = sought ? sentence : "";
}

/** The next line that is shown and has the words, after the one that was jumped to before. */
function jump() {
  const shown = items().filter((item) => !item.hidden);
  const before = shown.findIndex((item) => item.dataset.jumped);
  for (const item of shown) delete item.dataset.jumped;
  const next = shown[(before + 1) % shown.length];
  if (!next) return;
  next.dataset.jumped = "yes";
  next.querySelector("[data-seek]").click();
  keepInView(next);
}

/** Along the list only: the page itself must not move under the reader. */
function keepInView(item) {
  const list = part("lines");
  list.scrollTop = item.offsetTop - list.offsetTop - list.clientHeight / 3;
}

/** Marks the line at this second; the list follows unless the reader is in it. */
export function follow(seconds) {
  const list = part("lines");
  if (!list) return;
  let first = null;
  for (const line of list.querySelectorAll("[data-seek]")) {
    const inside = seconds >= Number(line.dataset.seek) && seconds < Number(line.dataset.end);
    if (inside) first ??= line;
    if (inside === (line.getAttribute("aria-current") === "true")) continue;
    if (inside) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  const at = first?.dataset.seek ?? "";
  if (!first || list.dataset.at === at || list.matches(":hover, :focus-within")) return;
  list.dataset.at = at;
  keepInView(first.closest("li"));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-transcript-words]")) asked = event.target.value;
  else if (event.target.matches("[data-transcript-kind]")) kind = event.target.value;
  else return;
  apply();
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-transcript-form]")) return;
  event.preventDefault();
  jump();
});

// What is being typed must not be taken away by the answer to a question asked before.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.target === panel() && panel().contains(document.activeElement)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:load", () => {
  const words = part("words");
  if (!words) return;
  words.value = asked;
  if (part("kind")) part("kind").value = kind;
  apply();
});
