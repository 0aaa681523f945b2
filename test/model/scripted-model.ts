/** A native model whose continuations are written down beforehand, and that keeps the rules of a session strictly. */
import type { NativeModel, NativeSession, NativeSteps, SessionOptions } from '../../lib/native/contract.js';

/** What a prompt of this one token is continued by: the i-th token of the script follows i tokens. */
export type Scripts = ReadonlyMap<number, readonly number[]>;

export interface ScriptedModel {
  readonly native: NativeModel;
  /** Of all sessions so far. */
  readonly opened: number;
  readonly closed: number;
  /** Most rows that were decoded together. */
  readonly widest: number;
  readonly steps: number;
}

interface Row {
  readonly script: readonly number[];
  readonly maxTokens: number;
  made: number;
}

export function scriptedModel(scripts: Scripts): ScriptedModel {
  const seen = { opened: 0, closed: 0, widest: 0, steps: 0 };
  const openSession = async (options: SessionOptions): Promise<NativeSession> => {
    seen.opened++;
    const prompts = new Map<number, number>();
    const rows = new Map<number, Row>();
    let open = true;
    const must = (fine: boolean, what: string) => {
      if (!fine || !open) throw new Error(`The session was asked for ${what}.`);
    };
    return {
      async addPrompts({ tokens, lengths, ids }) {
        must(
          lengths.every((length) => length === 1),
          'prompts of several tokens',
        );
        for (const [i, id] of ids.entries()) {
          must(!prompts.has(id), 'a prompt that it holds');
          prompts.set(id, tokens[i]!);
        }
      },
      async dropPrompts({ ids }) {
        for (const id of ids) must(prompts.delete(id), 'a prompt to be dropped that it does not hold');
      },
      async addRows({ ids, prompts: chosen, maxTokens }) {
        for (const [i, id] of ids.entries()) {
          must(!rows.has(id) && prompts.has(chosen[i]!), 'a row twice, or of no prompt');
          rows.set(id, { script: scripts.get(prompts.get(chosen[i]!)!)!, maxTokens: maxTokens[i]!, made: 0 });
        }
        must(rows.size <= options.slots, 'more rows than slots');
        seen.widest = Math.max(seen.widest, rows.size);
      },
      async dropRows({ ids }) {
        for (const id of ids) must(rows.delete(id), 'a row to be dropped that it does not hold');
      },
      async step(count): Promise<NativeSteps> {
        must(rows.size > 0, 'a step of no rows');
        const out = {
          rows: [] as number[],
          tokens: [] as number[],
          finished: [] as number[],
          reasons: [] as number[],
        };
        for (let i = 0; i < count && out.finished.length === 0; i++) {
          seen.steps++;
          for (const [id, row] of rows) {
            const token = row.script[row.made++]!;
            out.rows.push(id);
            out.tokens.push(token);
            const stopped = options.stopIds.includes(token);
            if (!stopped && row.made < row.maxTokens) continue;
            out.finished.push(id);
            out.reasons.push(stopped ? 1 : 0);
          }
          for (const id of out.finished) rows.delete(id);
        }
        return {
          rows: Int32Array.from(out.rows),
          tokens: Int32Array.from(out.tokens),
          logprobs: new Float32Array(out.tokens.length),
          finished: Int32Array.from(out.finished),
          reasons: Uint8Array.from(out.reasons),
        };
      },
      async close() {
        must(true, 'its end twice');
        open = false;
        seen.closed++;
      },
    };
  };
  return Object.assign(seen, { native: { openSession } as unknown as NativeModel });
}
