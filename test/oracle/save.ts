/**
 * Saves every fixture model below a directory, whole and in shards, for check_save.py:
 * `npx tsx test/oracle/save.ts DIRECTORY`.
 */
import { join } from 'node:path';
import { Model } from '../../lib/model/model.js';
import { DECODERS, ENCODERS, familyFixture } from './families.js';
import { fixture, VARIANTS } from './fixtures.js';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Expected a directory to save to.');

const originals = new Map([
  ...VARIANTS.map((variant) => [`gpt2-${variant}`, fixture(`gpt2-${variant}`)] as const),
  ...[...DECODERS, ...ENCODERS].map((variant) => [variant, familyFixture(variant)] as const),
]);
for (const [name, path] of originals) {
  await using model = await Model.load(path);
  await model.save(join(directory, name, 'whole'));
  await model.save(join(directory, name, 'shards'), { maxShardBytes: 20_000 });
}
