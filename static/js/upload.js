// The upload page: files in by drop or choice, two at a time to the server by tus, each row on to "ready".

import { announce } from "./keys.js";
import { filled, gettext } from "./language.js";
import { refusal } from "./upload_check.js";
import { Row } from "./upload_row.js";

const AT_ONCE = 2; // more would only share the same line
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000];

const form = document.querySelector("[data-upload]");
const list = document.querySelector("[data-list]");
const rows = document.querySelector("[data-rows]");

/** One file on its way: waiting, sending, paused or failed. */
class Sending {
  constructor(file, library) {
    this.file = file;
    this.key = ["seekframe", library.value, file.name, file.size, file.lastModified].join("|");
    this.row = new Row(file, library.label);
    this.state = "waiting";
    this.sent = 0;
    this.upload = new tus.Upload(file, {
      endpoint: form.dataset.endpoint,
      chunkSize: limits.chunk_bytes,
      retryDelays: RETRY_MS,
      removeFingerprintOnSuccess: true,
      fingerprint: async () => this.key,
      metadata: { filename: file.name, library: library.value },
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      onProgress: (sent) => this.progressed(sent),
      onChunkComplete: (_, accepted) => { this.sent = accepted; },
      onShouldRetry: (error, attempt, options) => this.shouldRetry(error, attempt, options),
      onError: (error) => this.failed(error),
      onSuccess: () => this.done(),
    });
  }

  async prepare() {
    const sentence = await refusal(this.file, limits);
    if (sentence) return this.refused(sentence);
    const [before] = await this.upload.findPreviousUploads();
    if (before) {
      this.upload.resumeFromPreviousUpload(before);
      // The row the server drew for it makes way for this one, at the same place.
      document.getElementById(`upload-${idOf(before.uploadUrl)}`)?.replaceWith(this.row.element);
    }
    this.wait();
  }

  wait() {
    this.state = "waiting";
    this.row.say("waiting", gettext("Waiting for its turn"));
    this.row.offer([gettext("Cancel"), () => this.cancel()]);
    sendNext();
  }

  start() {
    this.state = "sending";
    this.row.say("working", gettext("Connecting"));
    this.row.offer([gettext("Pause"), () => this.pause()], [gettext("Cancel"), () => this.cancel()]);
    this.upload.start();
  }

  progressed(sent) {
    if (this.state === "sending") this.row.sent(sent);
  }

  pause() {
    this.state = "paused";
    this.upload.abort();
    this.row.paused(this.sent);
    this.row.offer([gettext("Resume"), () => this.wait()], [gettext("Cancel"), () => this.cancel()]);
    sendNext();
  }

  async cancel() {
    this.state = "over";
    this.row.offer();
    this.row.say("waiting", gettext("Cancelling"));
    try {
      await this.upload.abort(Boolean(this.upload.url));
    } catch {
      // The server could not be asked. It forgets the upload by itself after a few days.
    }
    this.leave();
    announce(filled(gettext("%(name)s: cancelled"), { name: this.file.name }));
  }

  refused(sentence) {
    this.state = "over";
    this.row.say("failed", sentence);
    this.row.offer([gettext("Remove"), () => this.leave()]);
    announce(`${this.file.name}: ${sentence}`);
  }

  shouldRetry(error, attempt) {
    const status = error.originalResponse?.getStatus() ?? 0;
    const again = status === 0 || status >= 500 || [409, 423, 429, 460].includes(status);
    if (again && status !== 507 && this.state === "sending") {
      this.row.rest();
      this.row.say("waiting", attempt ? gettext("The connection broke, trying again") : gettext("Connecting"));
    }
    return again && status !== 507;
  }

  failed(error) {
    if (this.state !== "sending") return;
    const status = error.originalResponse?.getStatus() ?? 0;
    const sentence = sentenceOf(error);
    if ([413, 415, 410].includes(status)) {
      this.upload.abort(false);
      this.refused(sentence);
    } else {
      this.state = "failed";
      this.row.say("failed", sentence);
      this.row.offer([gettext("Try again"), () => this.wait()], [gettext("Cancel"), () => this.cancel()]);
      announce(`${this.file.name}: ${sentence}`);
    }
    sendNext();
  }

  async done() {
    this.state = "over";
    this.row.offer();
    this.row.say("working", gettext("All of it is here, checking the file"));
    sendings.delete(this);
    sendNext();
    const id = idOf(this.upload.url);
    await htmx.ajax("GET", `/fragments/uploads/${id}`, { target: this.row.element, swap: "outerHTML" });
  }

  leave() {
    sendings.delete(this);
    this.row.element.remove();
    sendNext();
    count();
  }
}

const sendings = new Set();
const limits = form ? JSON.parse(form.dataset.limits) : {};

function idOf(url) {
  return url.split("/").pop();
}

function sentenceOf(error) {
  const status = error.originalResponse?.getStatus() ?? 0;
  if (status === 401) return gettext("You were signed out. Sign in in another tab, then try again.");
  try {
    return JSON.parse(error.originalResponse.getBody()).detail;
  } catch {
    return gettext("The server cannot be reached. What was sent is kept: try again when the connection is back.");
  }
}

function sendNext() {
  const all = [...sendings];
  let free = AT_ONCE - all.filter((sending) => sending.state === "sending").length;
  for (const sending of all) {
    if (free > 0 && sending.state === "waiting") {
      sending.start();
      free -= 1;
    }
  }
}

function add(files) {
  const chosen = form.elements.library.selectedOptions[0];
  const library = { value: chosen.value, label: chosen.label };
  for (const file of files) {
    const sending = new Sending(file, library);
    if ([...sendings].some((other) => other.key === sending.key)) continue; // it is in the list
    sending.state = "checking";
    sending.row.say("waiting", gettext("Looking at the file"));
    sendings.add(sending);
    rows.append(sending.row.element);
    sending.prepare();
  }
  count();
}

/** The line above the rows, and whether there is anything to list. */
function count() {
  const n = rows.children.length;
  list.hidden = n === 0;
  const ready = rows.querySelectorAll("[data-kind=ready]").length;
  list.querySelector("[data-sum]").textContent = n ? filled(gettext("%(ready)s of %(n)s ready"), { ready, n }) : "";
}

function takeDrops() {
  const zone = form.querySelector("[data-drop]");
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault(); // else the browser opens the file in place of the page
    zone.classList.add("drop-over");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) zone.classList.remove("drop-over");
  });
  addEventListener("drop", (event) => {
    zone.classList.remove("drop-over");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
}

if (form) {
  takeDrops();
  const pick = form.querySelector("[data-pick]");
  pick.addEventListener("change", () => {
    add(pick.files);
    pick.value = ""; // so that the same file can be chosen again
  });
}
document.addEventListener("htmx:afterSettle", (event) => {
  count();
  const row = event.detail.elt;
  if (row?.dataset?.kind === "ready") announce(filled(gettext("%(name)s: ready"), { name: row.dataset.name }));
});
count();
