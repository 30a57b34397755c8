// Search by a picture: chosen, pasted or dropped. The form is sent as it is, so that the browser shows its own progress.
import { announce } from "./keys.js";
import { gettext } from "./language.js";

const form = document.querySelector("[data-picture-search]");
const input = form?.querySelector("input[type=file]");

/** The words in the search box go with the picture. */
function send() {
  const words = document.querySelector("[data-search]")?.value.trim();
  if (words) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "q";
    field.value = words;
    form.append(field);
  }
  announce(gettext("Looking at the picture"));
  form.classList.add("busy");
  form.submit();
}

function take(files) {
  const picture = [...files].find((file) => file.type.startsWith("image/"));
  if (!picture) return false;
  const carrier = new DataTransfer();
  carrier.items.add(picture);
  input.files = carrier.files;
  send();
  return true;
}

if (form) {
  input.addEventListener("change", () => input.files.length && send());
  addEventListener("paste", (event) => {
    if (take(event.clipboardData?.files ?? [])) event.preventDefault();
  });
  const zone = form.closest("[data-drop]") ?? form;
  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.toggle("drop-here", name === "dragover");
      if (name === "drop") take(event.dataTransfer.files);
    });
  }
}
