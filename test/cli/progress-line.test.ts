import { expect, test, vi } from 'vitest';
import { describeProgress, describeSeconds, ProgressLine } from '../../lib/cli/progress-line.js';
import { progress } from '../../lib/progress.js';

test('a line tells step, share, rate, time left and note', () => {
  const event = progress('train', 120, 400, 'steps', 'loss 0.12');
  expect(describeProgress(event, 12.5)).toBe(
    'train  120/400 steps  30%  12.5 steps/s  22.4 s left  loss 0.12',
  );
});

test('a line without an end or a rate leaves them out', () => {
  expect(describeProgress(progress('scan', 7, undefined, 'documents'), 0)).toBe('scan  7 documents');
});

test.each([
  [0.25, '250 ms'],
  [12.34, '12.3 s'],
  [59.97, '1 min 00 s'],
  [245, '4 min 05 s'],
  [7620, '2 h 07 min'],
  [7199, '2 h 00 min'],
])('%s seconds read %s', (seconds, text) => {
  expect(describeSeconds(seconds)).toBe(text);
});

function terminal(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const stream = { isTTY, columns: 40, write: (text: string) => written.push(text) };
  const line = new ProgressLine(stream, () => now);
  return {
    written,
    line,
    at(ms: number, done: number, step = 'train') {
      now = ms;
      line.update(progress(step, done, 1000, 'steps'));
    },
  };
}

test('short work draws nothing where stderr is no terminal', () => {
  const { written, line, at } = terminal(false);
  at(0, 0);
  at(1000, 10);
  line.clear();
  expect(written).toEqual([]);
});

test('a line is redrawn ten times a second at most, and at once for another step', () => {
  const { written, at } = terminal(true);
  at(0, 0);
  at(50, 1);
  at(99, 2);
  expect(written).toHaveLength(1);
  at(100, 3);
  expect(written).toHaveLength(2);
  at(101, 0, 'measure');
  expect(written).toHaveLength(3);
});

test('the rate is that of this run, not of what an earlier one had done', () => {
  const { written, at } = terminal(true);
  at(0, 500);
  at(1000, 510);
  expect(written.at(-1)).toContain('10 steps/s');
});

test('a line never wraps, and is removed when something else is to be written', () => {
  const { written, line, at } = terminal(true);
  at(0, 0);
  at(1000, 123);
  const text = written.at(-1)!.replace('\r\x1b[2K', '');
  expect(text.length).toBeLessThan(40);
  line.clear();
  expect(written.at(-1)).toBe('\r\x1b[2K');
  line.clear();
  expect(written).toHaveLength(3);
});

test('where stderr is no terminal there is a plain line every half minute, until the work ends', () => {
  vi.useFakeTimers();
  try {
    const { written, line, at } = terminal(false);
    at(0, 0);
    at(29_000, 100);
    vi.advanceTimersByTime(29_999);
    expect(written).toEqual([]);
    at(30_000, 300);
    vi.advanceTimersByTime(1);
    expect(written).toEqual(['train  300/1000 steps  30%  10 steps/s  1 min 10 s left\n']);
    line.clear();
    vi.advanceTimersByTime(30_000);
    expect(written).toHaveLength(2);
    line.end();
    vi.advanceTimersByTime(90_000);
    expect(written).toHaveLength(2);
  } finally {
    vi.useRealTimers();
  }
});
