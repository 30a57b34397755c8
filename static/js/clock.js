/** Seconds as a person reads them: 83.9 is 1:23, 3671 is 1:01:11. */
export function clock(seconds) {
  const whole = Math.floor(Number(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
