/** What the tests of lib/parallel.ts run on threads. */
import { threadId } from 'node:worker_threads';
import { InputError } from '../lib/errors.js';
import { serveTasks } from '../lib/parallel.js';

export interface Chore {
  readonly value: number;
  readonly waitMs?: number;
  readonly fail?: 'input' | 'other' | 'exit';
}

export interface ChoreResult {
  readonly sum: number;
  readonly thread: number;
  readonly moved: Int32Array;
}

export default serveTasks<Chore, ChoreResult, { base: Int32Array }, string>(
  async ({ value, waitMs = 0, fail }, { shared, post, transfer }) => {
    post(`begin ${value}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (fail === 'input') throw new InputError('ERR_FILE_FORMAT', 'Expected more.', { remedy: 'Give more.' });
    if (fail === 'other') throw new TypeError('broken');
    if (fail === 'exit') process.exit(3);
    Atomics.add(shared.base, 1, value);
    const moved = Int32Array.of(value, value);
    transfer(moved.buffer);
    post(`end ${value}`);
    return { sum: shared.base[0]! + value, thread: threadId, moved };
  },
);
