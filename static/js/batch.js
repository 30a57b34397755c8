// The selection page works without this: here come the count, and a button that chooses all or none.
import { filled, gettext } from "./language.js";

const form = document.querySelector("[data-batch]");
const boxes = [...form.querySelectorAll('input[name="video"]')];
const count = form.querySelector("[data-count]");
const untouched = count.textContent;

const all = document.createElement("button");
all.type = "button";
all.className = "button";
form.querySelector("[data-all-place]").append(all);

function say() {
  const n = boxes.filter((box) => box.checked).length;
  count.textContent = n ? filled(gettext("%(n)s of %(all)s selected"), { n, all: boxes.length }) : untouched;
  all.textContent = n === boxes.length ? gettext("Select none") : gettext("Select all");
}

all.addEventListener("click", () => {
  const checked = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = checked;
  say();
});

form.addEventListener("change", say);
addEventListener("pageshow", say); // a browser that goes back fills the boxes in again
say();
