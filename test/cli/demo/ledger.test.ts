import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { StepLedger } from '../../../lib/cli/demo/ledger.js';
import { drain } from '../../../lib/progress.js';
import { workspace } from '../run-cli.js';

/** Three steps, each of which writes the former's text and its own name; `ran` says which really ran. */
function pipeline(directory: string, options: { identity?: string; second?: string; failing?: string } = {}) {
  const ran: string[] = [];
  const left: string[] = [];
  const run = async (): Promise<string> => {
    const ledger = await StepLedger.open(directory, options.identity ?? 'one');
    let text = '';
    for (const name of ['a', 'b', 'c']) {
      const former = text;
      const step = ledger.step({
        name,
        options: name === 'b' ? (options.second ?? 'x') : null,
        outputs: [name],
        scratch: [`${name}.part`],
        run: async function* () {
          ran.push(name);
          left.push(await readFile(`${directory}/${name}.part`, 'utf8').catch(() => 'nothing'));
          yield { type: 'working' };
          await writeFile(`${directory}/${name}.part`, 'half');
          if (options.failing === name) throw new Error('stopped');
          await writeFile(`${directory}/${name}`, `${former}${name}`);
          return `${former}${name}`;
        },
      });
      text = await drain(step);
    }
    return text;
  };
  return { run, ran, left };
}

test('finished steps are not run again, and give what they gave', async () => {
  await using space = await workspace();
  await mkdir(space.at('.'), { recursive: true });
  expect(await pipeline(space.at('.')).run()).toBe('abc');
  const again = pipeline(space.at('.'));
  expect(await again.run()).toBe('abc');
  expect(again.ran).toEqual([]);
});

test('a file that was changed or removed, or another option, runs the step again and those after it', async () => {
  await using space = await workspace();
  await pipeline(space.at('.')).run();
  await writeFile(space.at('b'), 'tampered');
  const changed = pipeline(space.at('.'));
  await changed.run();
  expect(changed.ran).toEqual(['b']);

  await rm(space.at('c'));
  const removed = pipeline(space.at('.'));
  await removed.run();
  expect(removed.ran).toEqual(['c']);

  const other = pipeline(space.at('.'), { second: 'y' });
  await other.run();
  expect(other.ran).toEqual(['b', 'c']);

  const all = pipeline(space.at('.'), { second: 'y', identity: 'two' });
  await all.run();
  expect(all.ran).toEqual(['a', 'b', 'c']);
});

test('a step that was interrupted goes on with what it left; one that is begun anew does not', async () => {
  await using space = await workspace();
  await expect(pipeline(space.at('.'), { failing: 'b' }).run()).rejects.toThrow('stopped');
  const resumed = pipeline(space.at('.'));
  await resumed.run();
  expect(resumed.ran).toEqual(['b', 'c']);
  expect(resumed.left).toEqual(['half', 'nothing']);

  await expect(pipeline(space.at('.'), { identity: 'two', failing: 'b' }).run()).rejects.toThrow('stopped');
  const other = pipeline(space.at('.'), { identity: 'two', second: 'y' });
  await other.run();
  expect(other.left).toEqual(['nothing', 'nothing']);
});

test('a ledger that is not one finishes nothing', async () => {
  await using space = await workspace();
  await pipeline(space.at('.')).run();
  await writeFile(space.at('steps.json'), '{"version": 2');
  const again = pipeline(space.at('.'));
  await again.run();
  expect(again.ran).toEqual(['a', 'b', 'c']);
});
