import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { planShards, shardIndex } from '../../../lib/model/weights/shards.js';

const fixtures = new URL('../../fixtures/checkpoints/', import.meta.url);

interface Plan {
  readonly maxShardBytes: number;
  readonly sizes: readonly number[];
  readonly shards: readonly { readonly file: string; readonly names: readonly string[] }[];
}

const plans = JSON.parse(readFileSync(new URL('shard-plans.json', fixtures), 'utf8')) as Plan[];
const named = (sizes: readonly number[]) => sizes.map((sizeBytes, i) => ({ name: `t${i}`, sizeBytes }));

test.each(plans)(
  '$sizes in shards of $maxShardBytes bytes hold what huggingface_hub puts into them',
  (plan) => {
    const ours = planShards(named(plan.sizes), plan.maxShardBytes);
    // Theirs come with the oversized tensors first; which shard has which number matters to no reader.
    const contents = (shards: Plan['shards']) => shards.map(({ names }) => names.join()).sort();
    expect(contents(ours)).toEqual(contents(plan.shards));
    expect(ours.map(({ file }) => file)).toEqual(plan.shards.map(({ file }) => file));
  },
);

test('a shard has 5 GB unless told otherwise, and there is always one', () => {
  expect(planShards(named([4e9, 1e9, 1])).map(({ names }) => names)).toEqual([['t0', 't1'], ['t2']]);
  expect(planShards([])).toEqual([{ file: 'model.safetensors', names: [] }]);
});

test.each([0, -1, Number.NaN])('refuses shards of %d bytes', (maxShardBytes) => {
  expect(() => planShards(named([1]), maxShardBytes)).toThrow('Expected a number > 0 for maxShardBytes');
});

test('the index is the one that huggingface_hub writes, byte for byte', () => {
  const bytes = [48, 24, 24, 48, 24, 24];
  const tensors = bytes.map((sizeBytes, i) => ({ name: `layer.${i}.weight`, sizeBytes }));
  const wanted = readFileSync(
    new URL('good/safetensors-shards/model.safetensors.index.json', fixtures),
    'utf8',
  );
  expect(shardIndex(planShards(tensors, 80), tensors)).toBe(wanted);
});
