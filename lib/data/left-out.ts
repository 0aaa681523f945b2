/**
 * What of an input is not in the result, and why: gathered by reason, told in a line each, and kept whole for programs.
 * Every reader that passes something over says so through {@link OnLeftOut}; no command counts by itself.
 */
import * as z from 'zod';

/** A word for programs, and what a person reads. */
const REASONS = {
  hidden: 'hidden, --hidden takes them',
  excluded: 'excluded',
  'not-included': 'no --include matches',
  large: 'larger than --max-file-bytes',
  'not-text': 'no text',
  'no-function': 'no function in them',
  metadata: 'metadata of a corpus',
  'beyond-max-tokens': 'secrets beyond --max-tokens or the context',
  link: 'links to nowhere or to themselves',
  'linked-directory': 'links to directories, which are not followed',
  special: 'pipes, sockets or devices',
  unreadable: 'cannot be read',
  vanished: 'gone before they were read',
} as const;

export type LeftOutReason = keyof typeof REASONS;

const REASON_NAMES = Object.keys(REASONS) as LeftOutReason[];

/** Told of everything that is left out; `name` as a person would call it, directories with `/` at the end. */
export type OnLeftOut = (reason: LeftOutReason, name: string) => void;

/** As it stands in `run.json`, `corpus.json` and the output of `--json`: no key for a reason that nothing was left out for. */
export const leftOutSchema = z.partialRecord(
  z.enum(REASON_NAMES),
  z.strictObject({ count: z.int().min(1), names: z.array(z.string()).readonly() }),
);

export type LeftOutRecord = Readonly<z.infer<typeof leftOutSchema>>;

/** Whether something that was asked for could not be read, rather than was not wanted. */
export function isIncomplete({ unreadable, vanished }: LeftOutRecord): boolean {
  return unreadable !== undefined || vanished !== undefined;
}

/** So many names of each reason are shown. */
const SHOWN_NAMES = 3;

export class LeftOut {
  readonly #names = new Map<LeftOutReason, Set<string>>();

  /** Goes on with what was recorded before. */
  static of(record: LeftOutRecord): LeftOut {
    const leftOut = new LeftOut();
    for (const [reason, { names }] of Object.entries(record))
      for (const name of names) leftOut.add(reason as LeftOutReason, name);
    return leftOut;
  }

  /** An {@link OnLeftOut}, bound. What is told twice, as when an input is read twice, counts once. */
  readonly add: OnLeftOut = (reason, name) => {
    const names = this.#names.get(reason);
    if (names === undefined) this.#names.set(reason, new Set([name]));
    else names.add(name);
  };

  /** Reasons in a fixed order, names sorted by code units: the same whatever the order in which they were told. */
  toJSON(): LeftOutRecord {
    const record: Partial<Record<LeftOutReason, { count: number; names: string[] }>> = {};
    for (const reason of REASON_NAMES) {
      const names = this.#names.get(reason);
      if (names !== undefined) record[reason] = { count: names.size, names: [...names].sort() };
    }
    return record;
  }
}

/** A line for each reason: `Left out 5 (hidden, --hidden takes them): src/.env, src/.git/, src/.npmrc and 2 more.` */
export function describeLeftOut(record: LeftOutRecord): string[] {
  return Object.entries(record).map(([reason, { count, names }]) => {
    const shown = names.slice(0, SHOWN_NAMES).map(shownName).join(', ');
    const more = count > SHOWN_NAMES ? ` and ${count - SHOWN_NAMES} more` : '';
    return `Left out ${count} (${REASONS[reason as LeftOutReason]}): ${shown}${more}.`;
  });
}

/** Names of files may hold anything: what would steer a terminal is not sent to it. */
function shownName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
}
