// Whether a file will be taken, told before a byte of it is sent. The server decides again by the same rules
// (webapp/uploads/kinds.py, model_server/frames/formats.py). Pure: each gives a sentence, or "" where all is well.

import { filled, gettext } from "./language.js";

const HEAD_BYTES = 1024;
const ISO_BOXES = ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"];
const PHOTO_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"];
const VIDEO_STARTS = [
  [0x1a, 0x45, 0xdf, 0xa3], // mkv, webm
  [0x46, 0x4c, 0x56, 0x01], // flv
  [0x00, 0x00, 0x01, 0xba], // mpg
  [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11], // wmv
  [0x4f, 0x67, 0x67, 0x53], // ogv
  [0x47, 0x49, 0x46, 0x38], // gif
];

/** By name and size alone. */
export function refusalByName(name, size, limits) {
  const ending = name.includes(".") ? name.split(".").pop().toLowerCase() : "";
  if (!limits.endings.includes(ending)) {
    if (!ending) return gettext("This is not a video file.");
    return filled(gettext("A file that ends in .%(ending)s is not a video that can be read here."), { ending });
  }
  if (size === 0) return gettext("This file is empty.");
  if (size > limits.max_bytes) {
    const text = gettext("This file is larger than %(most)s, the most a video may be here.");
    return filled(text, { most: limits.max_words });
  }
  return "";
}

/** By the first bytes: a name is easily wrong. */
export function refusalByBytes(bytes) {
  if (isVideo(bytes)) return "";
  return gettext("This file does not hold a video that can be read here, whatever its name says.");
}

/** All of it, for a File of the browser. */
export async function refusal(file, limits) {
  const byName = refusalByName(file.name, file.size, limits);
  if (byName) return byName;
  try {
    return refusalByBytes(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  } catch {
    return gettext("This file cannot be read. It may have been moved, or be a folder: choose the videos in it.");
  }
}

function isVideo(bytes) {
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  if (ISO_BOXES.includes(text(4, 8))) return !(text(4, 8) === "ftyp" && PHOTO_BRANDS.includes(text(8, 12)));
  if (text(0, 4) === "RIFF") return text(8, 12) === "AVI ";
  if (VIDEO_STARTS.some((start) => start.every((byte, k) => bytes[k] === byte))) return true;
  return isTransportStream(bytes);
}

/** Sync bytes at a packet's length apart: 188, or 192 in cameras, after four bytes of time. */
function isTransportStream(bytes) {
  const packets = [[0, 188], [4, 192]];
  return packets.some(([start, size]) => [0, 1, 2, 3].every((k) => bytes[start + k * size] === 0x47));
}
