/** Numbers as a reader wants them: the same everywhere, whatever the machine's locale. */

/** `50,000` */
export function grouped(count: number): string {
  return count.toLocaleString('en-GB');
}

/** `1 image`, `50,000 images`, `10 classes` */
export function counted(count: number, noun: string): string {
  const ending = noun.endsWith('s') ? 'es' : 's';
  return `${grouped(count)} ${noun}${count === 1 ? '' : ending}`;
}

/** `0.7738` */
export function fraction(value: number): string {
  return value.toFixed(4);
}

/** `77.38%` */
export function percent(value: number, digits = 2): string {
  return `${(value * 100).toFixed(digits)}%`;
}

/** A published fraction with the digits it was published with, three at least: `0.850`, `0.7738`. */
export function asPublished(value: number, digits = 3): string {
  return value.toFixed(Math.max(digits, decimalsOf(value)));
}

/** The same in percent: `85.0%`, `77.38%`. */
export function publishedPercent(value: number, digits = 3): string {
  return percent(value, Math.max(digits, decimalsOf(value)) - 2);
}

/** Of the shortest text that reads as this number; ten at most. */
const decimalsOf = (value: number) => Math.min(10, String(value).split('.')[1]?.length ?? 0);

/** A difference of two fractions: `+0.0012`, `-0.0004`, `0.0000`. */
export function signedFraction(difference: number): string {
  return signed(difference, 4);
}

/** A difference of two fractions in percentage points: `+0.12`, `-0.04`, `0.00`. */
export function signedPoints(difference: number): string {
  return signed(difference * 100, 2);
}

function signed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return value > 0 ? `+${text}` : text;
}

/** A count in units of `unit` (1e6, 1e9): three decimals, or three significant digits when that says more. */
export function inUnits(count: number, unit: number): string {
  const value = count / unit;
  return value === 0 || value >= 0.1 ? value.toFixed(3) : value.toPrecision(3);
}

/** `181`, `2.410 k`, `5.289 M`: four digits and the prefix of the power of a thousand. */
export function prefixed(count: number): string {
  const prefixes = ['', ' k', ' M', ' G', ' T'];
  const step = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  return step === 0 ? String(count) : `${(count / 1000 ** step).toPrecision(4)}${prefixes[step]}`;
}

/** `20.35 MB`; units are powers of ten. */
export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = count < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${step === 0 ? count : (count / 1000 ** step).toFixed(2)} ${units[step]}`;
}

/** `0.84 s`, `12 min 5 s`, `3 h 20 min` */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${grouped(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** `2026-08-23 05:02 UTC`; a time in another form stays as it is. */
export function instant(time: string): string {
  return time.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(\.\d+)?Z$/, '$1 $2 UTC');
}
