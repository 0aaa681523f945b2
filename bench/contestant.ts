/** A process that does the work of a bench when asked, and how much memory it takes. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Answer, Request } from './protocol.js';
import type { Settings } from './settings.js';

export class Contestant implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  about = '';

  private constructor(command: string, args: readonly string[], threads: number) {
    this.#process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: String(threads), TRANSFORMERS_VERBOSITY: 'error' },
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  static async lethe({ threads }: Settings): Promise<Contestant> {
    return Contestant.#start(process.execPath, ['--import', 'tsx', path('lethe.ts')], threads);
  }

  static async peer({ python, threads }: Settings): Promise<Contestant> {
    return Contestant.#start(python, [path('peers/contestant.py')], threads);
  }

  /** libtorch's products with int8 weights. */
  static async int8({ python, threads }: Settings): Promise<Contestant> {
    return Contestant.#start(python, [path('peers/int8.py')], threads);
  }

  /** Reads a checkpoint into memory, and does nothing with it. */
  static async reader({ python, threads }: Settings): Promise<Contestant> {
    return Contestant.#start(python, [path('peers/reading.py')], threads);
  }

  /** The Rust tokenizers library, on one thread. */
  static async tokenizers({ python }: Settings): Promise<Contestant> {
    return Contestant.#start(python, [path('peers/tokenizers_rust.py')], 1);
  }

  /** Lethe's tokenizer, which runs on one thread. */
  static async tokenizer(): Promise<Contestant> {
    return Contestant.#start(process.execPath, ['--import', 'tsx', path('lethe-tokenizer.ts')], 1);
  }

  /** Lethe's scan of secrets, on one thread. */
  static async secrets(): Promise<Contestant> {
    return Contestant.#start(process.execPath, ['--import', 'tsx', path('lethe-secrets.ts')], 1);
  }

  /** The published scan of secrets, one process. */
  static async detectSecrets({ python }: Settings): Promise<Contestant> {
    return Contestant.#start(python, [path('peers/detect_secrets_pipeline.py')], 1);
  }

  static async #start(command: string, args: readonly string[], threads: number): Promise<Contestant> {
    const contestant = new Contestant(command, args, threads);
    contestant.about = (await contestant.ask({ do: 'ready' })).about!;
    return contestant;
  }

  async ask(request: Request): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`A contestant ended at ${request.do}; what it said is above.`);
    return JSON.parse(value) as Answer;
  }

  /** Resident bytes now. */
  residentBytes(): number {
    return this.#status('VmRSS');
  }

  /** Resident bytes at most since the start or the last {@link forgetPeak}. */
  peakBytes(): number {
    return this.#status('VmHWM');
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.#process.pid}/clear_refs`, '5');
  }

  #status(field: string): number {
    const text = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)![1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin.end();
    await once(this.#process, 'exit');
  }
}

function path(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
