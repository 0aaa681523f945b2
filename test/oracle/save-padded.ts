/**
 * Gives every decoder of the fixtures and a tokenizer a padding token, for check_pad.py:
 * `npx tsx test/oracle/save-padded.ts DIRECTORY`.
 */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Model } from '../../lib/model/model.js';
import { addPadToken } from '../../lib/model/pad-token.js';
import { DECODERS, familyFixture } from './families.js';
import { fixture, VARIANTS } from './fixtures.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Expected a directory to save to.');

const originals = new Map([
  ...VARIANTS.map((variant) => [`gpt2-${variant}`, fixture(`gpt2-${variant}`)] as const),
  ...DECODERS.map((variant) => [variant, familyFixture(variant)] as const),
]);
for (const [name, path] of originals) {
  const grown = join(directory, 'grown', name);
  await using model = await Model.load(path);
  await using larger = await Model.load(path, { config: { vocab_size: model.vocabularySize + 1 } });
  await larger.save(grown);
}
const original = join(directory, 'tokenized', 'original');
await mkdir(original, { recursive: true });
await cp(fileURLToPath(new URL('../../assets/tokenizer/', import.meta.url)), original, { recursive: true });
const config = { model_type: 'gpt2', vocab_size: 4096, n_layer: 2, n_head: 2, n_embd: 16, n_positions: 64 };
await using model = await Model.create(config);
await model.save(original);
await addPadToken(original, join(directory, 'tokenized', 'padded'));
