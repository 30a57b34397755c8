// The selection page works without this: here come the count, and a button that chooses all or none.
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
  count.textContent = n ? `${n} of ${boxes.length} selected` : untouched;
  all.textContent = n === boxes.length ? "Select none" : "Select all";
}

all.addEventListener("click", () => {
  const checked = boxes.some((box) => !box.checked);
  for (const box of boxes) box.checked = checked;
  say();
});

form.addEventListener("change", say);
addEventListener("pageshow", say); // a browser that goes back fills the boxes in again
say();
