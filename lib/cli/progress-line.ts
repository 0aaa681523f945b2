/** Draws progress events: on a terminal as one line that rewrites itself, elsewhere as a plain line every half minute. */
import type { ProgressEvent } from '../progress.js';

/** Terminals redraw slowly over a network; ten lines a second are as good as a hundred. */
const REDRAW_MS = 100;
/** Into a file or a pipe, often enough to see that the work goes on. */
const PLAIN_MS = 30_000;

export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** One line on `stream` (default: stderr): step, share, rate, time left, note. `end` it when the work is done. */
export class ProgressLine {
  #step = '';
  #startMs = 0;
  #startDone = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #visible = false;
  #last: ProgressEvent | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: ProgressStream = process.stderr,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  update(event: ProgressEvent): void {
    const now = this.nowMs();
    // A step whose count fell has begun anew, e.g. the second of two measurements.
    if (event.step !== this.#step || event.done < this.#startDone) {
      this.#step = event.step;
      this.#startMs = now;
      this.#startDone = event.done;
      this.#drawnMs = Number.NEGATIVE_INFINITY;
    }
    this.#last = event;
    if (this.stream.isTTY !== true) {
      // By the clock and not by events: a step that takes minutes says so too.
      this.#timer ??= setInterval(
        () => this.stream.write(`${this.#describe(this.#last!)}\n`),
        PLAIN_MS,
      ).unref();
      return;
    }
    if (now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    const text = this.#describe(event);
    this.stream.write(`\r\x1b[2K${text.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1))}`);
    this.#visible = true;
  }

  #describe(event: ProgressEvent): string {
    const rate = (event.done - this.#startDone) / ((this.nowMs() - this.#startMs) / 1000);
    return describeProgress(event, Number.isFinite(rate) ? rate : 0);
  }

  /** Nothing is drawn any more until there is news. */
  end(): void {
    this.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Removes the line, so that something else can be written. */
  clear(): void {
    if (!this.#visible) return;
    this.stream.write('\r\x1b[2K');
    this.#visible = false;
  }
}

/** `train  120/400 steps  30%  12.5 steps/s  22 s left  loss 0.12`. `rate` is in units a second; 0 is not known yet. */
export function describeProgress(event: ProgressEvent, rate: number): string {
  const { step, done, total, unit, note } = event;
  const parts = [step, `${count(done)}${total === undefined ? '' : `/${count(total)}`} ${unit}`];
  if (total !== undefined && total > 0) parts.push(`${Math.floor((100 * done) / total)}%`);
  if (rate > 0) {
    parts.push(`${count(rate)} ${unit}/s`);
    if (total !== undefined) parts.push(`${describeSeconds(Math.max(0, total - done) / rate)} left`);
  }
  if (note !== undefined) parts.push(note);
  return parts.join('  ');
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 07 min`. */
export function describeSeconds(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

function count(value: number): string {
  const scaled = ([limit, suffix]: readonly [number, string]): string =>
    `${(value / limit).toPrecision(3)} ${suffix}`;
  if (value >= 1e10) return scaled([1e9, 'G']);
  if (value >= 1e7) return scaled([1e6, 'M']);
  if (value >= 1e5) return scaled([1e3, 'k']);
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(3);
}
