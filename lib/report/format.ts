/** Numbers and masked secrets as a reader wants to see them. Everything that is not a finite number is a dash. */
import type { Measured } from './input.js';

export const MISSING = '\u2013';
const MINUS = '\u2212';

const isNumber = (value: Measured | undefined): value is number => Number.isFinite(value);

/** A share in [0, 1] as percent with one decimal, e.g. `97.3%`; exactly 0 and 1 without. */
export function percent(value: Measured | undefined): string {
  if (!isNumber(value)) return MISSING;
  if (value === 0 || value === 1) return `${value * 100}%`;
  // 0.9999 must not read as 100.0%, nor 0.0001 as 0.0%.
  return `${Math.min(99.9, Math.max(0.1, value * 100)).toFixed(1)}%`;
}

/** A relative change, e.g. `+2.1%`. */
export function change(before: Measured, after: Measured): string {
  if (!isNumber(before) || !isNumber(after) || before === 0) return MISSING;
  const relative = ((after - before) / Math.abs(before)) * 100;
  const text = Math.abs(relative).toFixed(Math.abs(relative) >= 100 ? 0 : 1);
  if (Number(text) === 0) return '\u00b10.0%';
  return `${relative > 0 ? '+' : MINUS}${text}%`;
}

/** Whole numbers with thin groups: `1 234 567`. */
export function integer(value: Measured | undefined): string {
  if (!isNumber(value)) return MISSING;
  const digits = Math.abs(Math.round(value))
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  return value < 0 ? MINUS + digits : digits;
}

/** `significant` digits (default 3), without exponent between 1e-4 and 1e6. */
export function decimal(value: Measured | undefined, significant = 3): string {
  if (!isNumber(value)) return MISSING;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return value.toExponential(significant - 1).replace(/-/g, MINUS);
  }
  const whole = size < 1 ? 1 : Math.floor(Math.log10(size)) + 1;
  const places = size < 1 ? decimalsBelowOne(size, significant) : Math.max(0, significant - whole);
  return value.toFixed(places).replace('-', MINUS);
}

function decimalsBelowOne(size: number, significant: number): number {
  return size === 0 ? significant - 1 : significant - 1 - Math.floor(Math.log10(size));
}

/** A number as someone wrote it into an option: `0.1`, `3e-6`, `100`. */
export function plain(value: string | number | boolean): string {
  if (typeof value !== 'number') return String(value);
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-3 ? value.toExponential() : String(value);
  return text.replace(/-/g, MINUS);
}

/** A count on an axis: `250`, `1.5k`, `20M`. */
export function compact(value: number): string {
  const units = ['', 'k', 'M', 'G'];
  const power = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3 + 1e-9));
  return `${Number((value / 1000 ** power).toPrecision(3))}${units[power]}`;
}

/** `1.2 GB`; powers of 1000. */
export function bytes(value: Measured | undefined): string {
  if (!isNumber(value)) return MISSING;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${power === 0 ? value : decimal(value / 1000 ** power)}\u00a0${units[power]}`;
}

/** `0.8 s`, `42 s`, `3 min 05 s`, `2 h 07 min`. */
export function duration(seconds: Measured | undefined): string {
  if (!isNumber(seconds)) return MISSING;
  if (seconds < 9.95) return `${seconds.toFixed(1)}\u00a0s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}\u00a0s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}\u00a0min ${two(whole % 60)}\u00a0s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}\u00a0h ${two(minutes % 60)}\u00a0min`;
}

/** `1 secret`, `12 secrets`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${integer(value)} ${value === 1 ? noun : plural}`;
}

/** `2025-11-03 14:05 UTC`. */
export function moment(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
