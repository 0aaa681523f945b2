import { expect, test } from 'vitest';
import { InputError } from '../../lib/errors.js';
import { findShared, requireDisjoint } from '../../lib/sets/overlap.js';

const sets = (...documents: Parameters<typeof findShared>[0][number]['documents'][]) =>
  documents.map((list, i) => ({ name: ['forget', 'retain', 'unseen'][i]!, documents: list }));

test.each<[string, ReturnType<typeof sets>, object[]]>([
  ['nothing', sets([{ id: 'a', text: 'x' }], [{ id: 'b', text: 'y' }]), []],
  [
    'a text under two names, between any two sets',
    sets([{ id: 'a', text: 'x' }], [{ id: 'b', text: 'y' }], [{ id: 'c', text: 'x' }]),
    [{ sets: ['forget', 'unseen'], place: 1, id: 'c', same: 'text' }],
  ],
  [
    'a name with two texts',
    sets([{ id: 'a', text: 'x' }], [{ text: 'z' }, { id: 'a', text: 'y' }]),
    [{ sets: ['forget', 'retain'], place: 2, id: 'a', same: 'id' }],
  ],
  [
    'the same document, once and not twice',
    sets([{ id: 'a', text: 'x' }], [{ id: 'a', text: 'x' }]),
    [{ sets: ['forget', 'retain'], place: 1, id: 'a', same: 'text' }],
  ],
  [
    'a document of all three sets with each of the two before',
    sets([{ text: 'x' }], [{ text: 'x' }], [{ text: 'x' }]),
    [
      { sets: ['forget', 'retain'], place: 1, id: undefined, same: 'text' },
      { sets: ['forget', 'unseen'], place: 1, id: undefined, same: 'text' },
      { sets: ['retain', 'unseen'], place: 1, id: undefined, same: 'text' },
    ],
  ],
  ['no copies within a set', sets([{ text: 'x' }, { text: 'x' }], [{ text: 'y' }]), []],
  [
    'tokens, and never a text that reads like them',
    sets([{ tokens: [1, 2] }, { text: '=1 2' }], [{ tokens: Int32Array.of(1, 2) }, { tokens: [1, 2, 3] }]),
    [{ sets: ['forget', 'retain'], place: 1, id: undefined, same: 'text' }],
  ],
])('finds %s', (_, given, shared) => {
  expect(findShared(given)).toEqual(shared);
});

test('one sentence, which names a document and shows no text', () => {
  const given = sets(
    [{ id: 'a', text: 'pw = 1' }, { text: 'q' }],
    [{ id: 'a', text: 'pw = 1' }, { text: 'q' }],
    [],
  );
  const error = (() => {
    try {
      requireDisjoint(given, 'Take it out.');
    } catch (thrown) {
      return thrown as InputError;
    }
    throw new Error('Expected an InputError.');
  })();
  expect(error).toBeInstanceOf(InputError);
  expect([error.code, error.message, error.remedy]).toEqual([
    'ERR_SETS_OVERLAP',
    'Expected forget, retain and unseen to share no document but document 1 of retain ("a") is in forget as well; 2 are shared in all.',
    'Take it out.',
  ]);
  expect(() => requireDisjoint(sets([{ text: 'a' }], [{ text: 'b' }]), '')).not.toThrow();
});
