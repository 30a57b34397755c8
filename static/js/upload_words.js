// Sizes, times and speed as a person says them, in the server's words (webapp/pages/words.py).

import { decimal, filled, gettext } from "./language.js";

export function sizeInWords(bytes) {
  const units = [gettext("bytes"), "KB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit ? decimal(size, 1) : size} ${units[unit]}`;
}

export function timeInWords(seconds) {
  if (seconds < 10) return gettext("a few seconds");
  if (seconds < 55) return filled(gettext("%(n)s s"), { n: Math.round(seconds / 10) * 10 });
  if (seconds < 55 * 60) return filled(gettext("%(n)s min"), { n: Math.max(1, Math.round(seconds / 60)) });
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (!(minutes % 60) || hours >= 5) return filled(gettext("%(n)s h"), { n: hours });
  return filled(gettext("%(hours)s h %(minutes)s min"), { hours, minutes: minutes % 60 });
}

/** Bytes a second over the last ten seconds: steady enough to read, quick enough to believe. */
export class Meter {
  constructor() {
    this.seen = [];
  }

  add(bytes, at_ms) {
    this.seen.push([bytes, at_ms]);
    while (this.seen.length > 2 && at_ms - this.seen[0][1] > 10_000) this.seen.shift();
  }

  get bytesPerSecond() {
    if (this.seen.length < 2) return 0;
    const [first, last] = [this.seen[0], this.seen[this.seen.length - 1]];
    const seconds = (last[1] - first[1]) / 1000;
    return seconds > 0.5 ? Math.max(0, (last[0] - first[0]) / seconds) : 0;
  }
}

/** "12.0 MB of 40.1 MB, 3.1 MB a second, about 10 s left" */
export function progressInWords(sent, size, speed) {
  const said = [filled(gettext("%(sent)s of %(all)s"), { sent: sizeInWords(sent), all: sizeInWords(size) })];
  if (speed > 0) {
    said.push(filled(gettext("%(size)s a second"), { size: sizeInWords(Math.round(speed)) }));
    if (sent < size) said.push(filled(gettext("about %(time)s left"), { time: timeInWords((size - sent) / speed) }));
  }
  return said.join(", ");
}
