import { expect, test } from 'vitest';
import { type CheckedDocument, Collisions } from '../../lib/sets/collisions.js';

const long = (word: string) => Array.from({ length: 40 }, (_, i) => `${word}${i}`).join(' ');

test('equal texts, near ones and ids, between sets and not within one', () => {
  const collisions = new Collisions<CheckedDocument>();
  const add = (set: string, text: string, id?: string) =>
    collisions
      .add(set, { text, ...(id === undefined ? {} : { id }) })
      .map(({ sets, documents, same, similarity }) => ({
        ...{ sets, same, ids: documents.map((document) => document.id) },
        ...(similarity === undefined ? {} : { similarity }),
      }));
  expect(add('forget', long('a'), '1')).toEqual([]);
  // A copy, and a namesake, of its own set.
  expect(add('forget', long('a'), '2')).toEqual([]);
  expect(add('forget', long('b'), '1')).toEqual([]);
  const equal = { sets: ['forget', 'retain'], same: 'text', similarity: 1 };
  expect(add('retain', long('a'), '9')).toEqual([
    { ...equal, ids: ['1', '9'] },
    { ...equal, ids: ['2', '9'] },
  ]);
  expect(add('retain', `${long('b')} end`, '1')).toEqual([
    { sets: ['forget', 'retain'], same: 'near', ids: ['1', '1'], similarity: 36 / 37 },
    { sets: ['forget', 'retain'], same: 'id', ids: ['1', '1'] },
  ]);
  // Documents without an id have none in common.
  expect(add('retain', long('c'))).toEqual([]);
  expect(add('unseen', long('d'))).toEqual([]);
  expect(add('unseen', long('c').replaceAll(' ', '\n'))).toEqual([
    { sets: ['retain', 'unseen'], same: 'near', ids: [undefined, undefined], similarity: 1 },
  ]);
});
