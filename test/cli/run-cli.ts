/** Runs the command line as users do: a process of its own, its exit code and what it wrote where. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Model } from '../../lib/model/model.js';
import { Tokenizer } from '../../lib/model/tokenizer/tokenizer.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOKENIZER = join(ROOT, 'assets/tokenizer');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once the process runs; what it returns stops it with SIGINT when it is fulfilled. */
  readonly interruptWhen?: () => Promise<void>;
}

/** A busy machine takes longer than the half minute after which a command says how far it is. */
const PROGRESS = /^[a-z][a-z -]* {2}[\d.]+( [kMG])?(\/[\d.]+( [kMG])?)? \w+( {2}.*)?\n/gm;

export async function lethe(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [join(ROOT, 'build-test/cli/main.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
  });
  const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  };
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const exit = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => resolve(code));
  });
  const output = Promise.all([read(child.stdout), read(child.stderr)]);
  if (options.interruptWhen !== undefined) {
    await options.interruptWhen();
    child.kill('SIGINT');
  }
  const code = await exit;
  const [stdout, stderr] = await output;
  return { code, stdout, stderr: stderr.replace(PROGRESS, '') };
}

/** A directory of a test's own, removed by `await using`. */
export async function workspace(): Promise<AsyncDisposable & { at(name: string): string }> {
  const directory = await mkdtemp(join(tmpdir(), 'lethe-cli-'));
  return {
    at: (name) => join(directory, name),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A tiny random model that knows the shipped tokenizer. */
export async function writeTinyModel(directory: string): Promise<void> {
  const tokenizer = await Tokenizer.load(TOKENIZER);
  await using model = await Model.create(
    {
      model_type: 'gpt2',
      vocab_size: tokenizer.vocabularySize,
      n_embd: 16,
      n_layer: 1,
      n_head: 2,
      n_positions: 64,
      bos_token_id: tokenizer.bosId,
      eos_token_id: tokenizer.eosId,
    },
    { seed: 3 },
  );
  await model.save(directory, { tokenizer });
}

export async function writeLines(path: string, records: readonly object[]): Promise<void> {
  await writeFile(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
