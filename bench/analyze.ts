/**
 * Time and peak memory of `lethe analyze` on a made-up log: `npm run bench -- analyze [--blocks 1000000] [--outputs 20000]`.
 * Blocks are of 6 lines and more, 10 in the mean, all different, with 1 to 3 places in the outputs and 1 to 4 in the corpus. The analysis runs in a process
 * of its own, so that its peak is its own. There is no peer: the published analyser holds the log in memory twice.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatCloneLog } from '../lib/clones/log/log.js';
import { createRunRecorder } from '../lib/data/outputs/run-recorder.js';
import { writeTextAtomic } from '../lib/files.js';
import { analyzeClones } from '../lib/memorization/analysis/analyze.js';
import { drain } from '../lib/progress.js';
import { Random } from '../lib/random.js';
import { outputSeparator } from '../lib/sampling/published-text.js';
import { readSettings } from './settings.js';

/** Lines of an output, its separator not counted: the mean of the published campaign. */
const OUTPUT_LINES = 60;

const settings = readSettings({ blocks: '1000000', outputs: '20000', run: '' });
const directory = join(settings.directory, 'analyze');
const files = {
  log: join(directory, '0.log'),
  outputs: join(directory, 'all_0'),
  map: join(directory, 'map_0.json'),
  analysis: join(directory, 'analysis'),
};

if (settings.own.run === 'analysis') await analyze();
else await compare();

async function analyze(): Promise<void> {
  const recorder = createRunRecorder({ command: 'bench analyze', options: {} });
  const { log, outputs, map, analysis } = files;
  await recorder.step('analyze', () =>
    drain(analyzeClones({ logs: [log], outputs, map, directory: analysis })),
  );
  const { steps, peakMemoryBytes } = recorder.finish({});
  const { user, system } = process.cpuUsage();
  process.stdout.write(
    `${JSON.stringify({ seconds: steps[0]!.seconds, processorSeconds: (user + system) / 1e6, peakMemoryBytes })}\n`,
  );
}

async function compare(): Promise<void> {
  const blocks = settings.smoke ? 1000 : Number(settings.own.blocks);
  const outputs = settings.smoke ? 100 : Number(settings.own.outputs);
  await mkdir(directory, { recursive: true });
  try {
    await writeOutputs(outputs);
    await writeTextAtomic(files.log, makeLog(blocks, outputs));
    const { size } = await stat(files.log);
    const args = ['--import', 'tsx', fileURLToPath(new URL('run.ts', import.meta.url)), 'analyze'];
    const child = spawnSync(
      process.execPath,
      [...args, '--run', 'analysis', '--directory', settings.directory],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (child.status !== 0) throw new Error(`The analysis failed with exit code ${child.status}.`);
    const { seconds, processorSeconds, peakMemoryBytes } = JSON.parse(child.stdout) as {
      seconds: number;
      processorSeconds: number;
      peakMemoryBytes: number;
    };
    process.stdout.write(
      `${blocks} blocks, log of ${megabytes(size)} MB: ${seconds.toFixed(1)} s (${processorSeconds.toFixed(1)} s of processor time), peak ${megabytes(peakMemoryBytes)} MB\n`,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

async function writeOutputs(count: number): Promise<void> {
  const random = new Random(1);
  const entries: Record<string, { md5: string; start: number; end: number }> = {};
  const words = ['self', 'value', 'import', 'return', 'name', 'data', 'result', 'index', 'for', 'in'];
  await writeTextAtomic(
    files.outputs,
    (function* () {
      for (let id = 0, line = 1; id < count; id++) {
        let text = '';
        for (let i = 0; i < OUTPUT_LINES - 1; i++)
          text += `    ${random.pick(words)}_${random.integer(1000)} = ${random.pick(words)}(${random.pick(words)})\n`;
        const md5 = createHash('md5').update(text).digest('hex');
        entries[id] = { md5, start: line, end: line + OUTPUT_LINES };
        line += OUTPUT_LINES + 1;
        yield `${text}\n${outputSeparator(md5)}\n`;
      }
    })(),
  );
  await writeTextAtomic(files.map, [JSON.stringify(entries)]);
}

function makeLog(blocks: number, outputs: number): Iterable<string> {
  const random = new Random(2);
  const groups = function* () {
    for (let i = 0; i < blocks; i++) {
      const length = 6 + Math.min(23, Math.floor(-4.5 * Math.log(1 - random.next())));
      const place = (file: string, start: number) => ({ file, start, end: start + length - 1 });
      yield {
        length,
        fingerprint: createHash('md5').update(String(i)).digest('hex'),
        occurrences: [
          ...Array.from({ length: 1 + random.integer(3) }, () =>
            place(
              'outputs/all_0',
              1 + random.integer(outputs) * (OUTPUT_LINES + 1) + random.integer(OUTPUT_LINES - 30),
            ),
          ),
          ...Array.from({ length: 1 + random.integer(4) }, () =>
            place('corpus/0', 1 + random.integer(20_000_000)),
          ),
        ],
      };
    }
  };
  const totals = {
    duplicateLines: 0,
    blocks: 0,
    filesWithBlocks: 2,
    significantLines: 0,
    rawLines: 0,
    files: 2,
  };
  return formatCloneLog({ groups: groups(), totals });
}
