/** Documents that sets share: what is to be forgotten must not be kept as well, nor pass for code that was never seen. */
import { InputError } from '../errors.js';

export interface SetMember {
  /** Absent where the document has none of its own: line numbers of two files say nothing. */
  readonly id?: string | undefined;
  /** Of text and tokens one is there. */
  readonly text?: string | undefined;
  readonly tokens?: ArrayLike<number> | undefined;
}

export interface NamedSet {
  /** As messages call it: `forget`. */
  readonly name: string;
  readonly documents: readonly SetMember[];
}

export interface SharedDocument {
  /** Names of two sets, in their order. */
  readonly sets: readonly [string, string];
  /** Place of the document in the second of them, from 1. */
  readonly place: number;
  readonly id: string | undefined;
  /** `text`: the same text, or tokens, whatever its id; `id`: the same id with another text. */
  readonly same: 'text' | 'id';
}

/** Every document of a set that an earlier set has as well; copies within one set are none. */
export function findShared(sets: readonly NamedSet[]): SharedDocument[] {
  const shared: SharedDocument[] = [];
  const holders = { text: new Map<string, Set<string>>(), id: new Map<string, Set<string>>() };
  for (const { name, documents } of sets) {
    const others = (found: ReadonlySet<string> | undefined) =>
      [...(found ?? [])].filter((other) => other !== name);
    for (const [i, document] of documents.entries()) {
      const { id } = document;
      const content = contentOf(document);
      const copies = others(holders.text.get(content));
      const namesakes = others(id === undefined ? undefined : holders.id.get(id));
      for (const other of copies) shared.push({ sets: [other, name], place: i + 1, id, same: 'text' });
      for (const other of namesakes)
        if (!copies.includes(other)) shared.push({ sets: [other, name], place: i + 1, id, same: 'id' });
      remember(holders.text, content, name);
      if (id !== undefined) remember(holders.id, id, name);
    }
  }
  return shared;
}

/**
 * One sentence on documents that sets share, e.g. `document 3 of retain ("a") is in forget as well; 5 are shared in all`.
 * Ids only: a text may hold secrets.
 */
export function describeShared(shared: readonly [SharedDocument, ...SharedDocument[]]): string {
  const [{ sets, place, id, same }] = shared;
  const [first, second] = sets;
  const which = `document ${place} of ${second}${id === undefined ? '' : ` (${JSON.stringify(id)})`}`;
  const how = same === 'text' ? `is in ${first} as well` : `has the id of another document in ${first}`;
  return `${which} ${how}${shared.length === 1 ? '' : `; ${shared.length} are shared in all`}`;
}

/** @throws InputError `ERR_SETS_OVERLAP` if sets share a document, naming the first */
export function requireDisjoint(sets: readonly NamedSet[], remedy: string): void {
  const [first, ...more] = findShared(sets);
  if (first === undefined) return;
  const names = sets.map(({ name }) => name);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  throw new InputError(
    'ERR_SETS_OVERLAP',
    `Expected ${list} to share no document but ${describeShared([first, ...more])}.`,
    { remedy },
  );
}

/** Texts and tokens cannot be mistaken for each other: a text is told by its first character. */
function contentOf({ text, tokens }: SetMember): string {
  return text === undefined ? `=${Array.from(tokens ?? []).join(' ')}` : `"${text}`;
}

function remember(holders: Map<string, Set<string>>, key: string, name: string): void {
  const found = holders.get(key);
  if (found === undefined) holders.set(key, new Set([name]));
  else found.add(name);
}
