// The storyboard: sheets of small pictures, a grid in time order. Hover or focus plays a moment from them.
const still = matchMedia("(prefers-reduced-motion: reduce)");
const PICTURE_MS = 250;
const ABOVE = 0.3; // share of what is cut that is cut above: as object-position in posters.css
let playing = null;

/** Where tile `n` lies: which sheet, and its place there. */
export function tile(board, n) {
  const perSheet = board.columns * board.rows;
  const within = n % perSheet;
  return {
    sheet: Math.floor(n / perSheet),
    column: within % board.columns,
    row: Math.floor(within / board.columns),
  };
}

/** The reel covers the poster as its picture does: whole in the shorter direction, cut in the longer one. */
function fit(reel, board, poster) {
  const [width, height] = [board.tile_width_px, board.tile_height_px];
  const scale = Math.max(poster.clientWidth / width, poster.clientHeight / height);
  reel.style.width = `${width * scale}px`;
  reel.style.height = `${height * scale}px`;
  reel.style.left = `${(poster.clientWidth - width * scale) / 2}px`;
  reel.style.top = `${(poster.clientHeight - height * scale) * ABOVE}px`;
}

function show(reel, board, video, n) {
  const place = tile(board, n);
  const onSheet = Math.min(board.n_tiles - place.sheet * board.columns * board.rows, board.columns * board.rows);
  const rows = Math.ceil(onSheet / board.columns); // the last sheet ends with its last row
  reel.style.backgroundImage = `url("/media/${video}/storyboard/${place.sheet}")`;
  reel.style.backgroundSize = `${board.columns * 100}% ${rows * 100}%`;
  const x = board.columns > 1 ? (place.column / (board.columns - 1)) * 100 : 0;
  const y = rows > 1 ? (place.row / (rows - 1)) * 100 : 0;
  reel.style.backgroundPosition = `${x}% ${y}%`;
}

function start(moment) {
  if (!moment.dataset.storyboard || still.matches || playing?.moment === moment) return;
  stop();
  const board = JSON.parse(moment.dataset.storyboard);
  const first = Math.min(Math.floor(Number(moment.dataset.start) / board.interval_s), board.n_tiles - 1);
  const last = Math.min(Math.ceil(Number(moment.dataset.end) / board.interval_s), board.n_tiles - 1);
  const reel = document.createElement("span");
  reel.className = "reel";
  const image = moment.querySelector("img");
  if (!image) return;
  image.after(reel);
  fit(reel, board, image.parentElement);
  let n = first;
  const step = () => {
    show(reel, board, moment.dataset.video, n);
    n = n >= last ? first : n + 1;
  };
  step();
  playing = { moment, reel, timer: setInterval(step, PICTURE_MS) };
}

function stop() {
  if (!playing) return;
  clearInterval(playing.timer);
  playing.reel.remove();
  playing = null;
}

for (const moment of document.querySelectorAll("[data-moment]")) {
  moment.addEventListener("pointerenter", () => start(moment));
  moment.addEventListener("pointerleave", stop);
  moment.addEventListener("focus", () => start(moment));
  moment.addEventListener("blur", stop);
}
