// A row while its bytes are on the way. Once they are there, the server's own row takes its place.

import { filled, gettext } from "./language.js";
import { Meter, progressInWords, sizeInWords } from "./upload_words.js";

const SENT = 0.5; // share of the bar that the bytes fill, as in webapp/uploads/rows.py
const BETWEEN_MS = 250; // between two changes of the words: faster cannot be read

export class Row {
  constructor(file, place) {
    this.file = file;
    this.meter = new Meter();
    this.said_ms = 0;
    this.element = document.createElement("li");
    this.element.className = "row upload-row";
    this.title = this.#add("p", "row-title", file.name);
    this.actions = this.#add("div", "button-row upload-actions");
    this.bar = this.#add("progress", "bar row-wide");
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", file.name);
    this.state = this.#add("p", "state");
    this.place = this.#add("p", "upload-place muted small", place);
  }

  /** Its state: kind is waiting, working or failed, as in the server's rows. */
  say(kind, sentence) {
    this.element.dataset.kind = kind;
    this.state.className = `state state-${kind}`;
    this.state.textContent = sentence;
  }

  sent(bytes) {
    this.bar.value = (SENT * bytes) / this.file.size;
    const now_ms = performance.now();
    this.meter.add(bytes, now_ms);
    if (now_ms - this.said_ms < BETWEEN_MS) return;
    this.said_ms = now_ms;
    this.say("working", progressInWords(bytes, this.file.size, this.meter.bytesPerSecond));
  }

  /** A pause, or a break in the connection, must not count as slowness. */
  rest() {
    this.meter = new Meter();
    this.said_ms = 0;
  }

  paused(bytes) {
    this.rest();
    this.say("waiting", filled(gettext("Paused at %(sent)s of %(all)s"), { sent: sizeInWords(bytes), all: sizeInWords(this.file.size) }));
  }

  /** The buttons: pairs of a word and what it does. Focus stays where it was, though the word changes. */
  offer(...pairs) {
    const place = [...this.actions.children].indexOf(document.activeElement);
    this.actions.replaceChildren(...pairs.map(([word, act]) => this.#button(word, act)));
    if (place >= 0) this.actions.children[Math.min(place, pairs.length - 1)]?.focus();
  }

  #button(word, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = word;
    const whose = document.createElement("span");
    whose.className = "unseen";
    whose.textContent = ` ${this.file.name}`;
    button.append(whose);
    button.addEventListener("click", act);
    return button;
  }

  #add(tag, className, text = "") {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    this.element.append(element);
    return element;
  }
}
