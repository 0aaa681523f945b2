import { describe, expect, test } from 'vitest';
import { drain, relay } from '../lib/progress.js';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('relay', () => {
  test('yields what the work reports and returns its result', async () => {
    const seen: number[] = [];
    const events = relay(async (emit: (event: number) => void) => {
      for (const i of [1, 2, 3]) {
        emit(i);
        await tick();
        await tick();
      }
      return 'done';
    });
    expect(await drain(events, (event) => seen.push(event))).toBe('done');
    expect(seen).toEqual([1, 2, 3]);
  });

  test('a slow consumer gets the latest event, and always the last', async () => {
    const seen: number[] = [];
    const events = relay(async (emit: (event: number) => void) => {
      for (const i of [1, 2, 3]) emit(i);
    });
    await drain(events, (event) => seen.push(event));
    expect(seen).toEqual([3]);
  });

  test('throws what the work throws', async () => {
    const events = relay(async () => {
      await tick();
      throw new Error('no');
    });
    await expect(drain(events)).rejects.toThrow('no');
  });

  test('a consumer that leaves stops the work and waits for it', async () => {
    let stopped = false;
    const events = relay(async (emit: (event: number) => void, signal) => {
      while (!signal.aborted) {
        emit(1);
        await tick();
      }
      await tick();
      stopped = true;
    });
    for await (const event of events) {
      expect(event).toBe(1);
      break;
    }
    expect(stopped).toBe(true);
  });

  test("passes the caller's signal on", async () => {
    const controller = new AbortController();
    const events = relay(async (_emit: (event: number) => void, signal) => {
      while (!signal.aborted) await tick();
      throw signal.reason;
    }, controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(drain(events)).rejects.toThrow('enough');
  });
});
