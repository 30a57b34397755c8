// Which moments of a heat line count: runs of steps at or above the cut. Pure.

/** `steps` are [start_s, end_s, score]; a run's place is its best step. */
export function momentsAbove(steps, cut) {
  const moments = [];
  let run = null;
  for (const [start, end, score] of steps) {
    if (score < cut) {
      run = null;
      continue;
    }
    if (!run) {
      run = { start, end, best: start, score };
      moments.push(run);
    }
    run.end = end;
    if (score > run.score) {
      run.best = start;
      run.score = score;
    }
  }
  return moments;
}
