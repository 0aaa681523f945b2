/** One search in a process of its own, ours or Simian's: how long it took and how much memory it had at most. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Search {
  readonly outputs: string;
  readonly shard: string;
  readonly workers?: number;
  /** Spans in place of blocks of lines. */
  readonly spans?: boolean;
}

export interface Measured {
  readonly seconds: number;
  readonly peakBytes: number;
  /** Of the processors, all threads together. */
  readonly processorSeconds: number;
  /** Groups found on both sides; of Simian, on any; or spans. */
  readonly groups: number;
  readonly occurrences: number;
}

/** `lethe clones` from dist, as its users run it: the start of Node counts. */
export async function searchByLethe({ outputs, shard, workers = 1, spans }: Search): Promise<Measured> {
  const program = fileURLToPath(new URL('../bin/lethe.js', import.meta.url));
  const mode = spans ? ['--mode', 'spans'] : [];
  return measure(process.execPath, [program, 'clones', outputs, shard, '--workers', `${workers}`, ...mode]);
}

export async function searchBySimian({ outputs, shard }: Search, jar: string): Promise<Measured> {
  return measure('java', ['-Xmx8g', '-jar', jar, '-threshold=6', outputs, shard]);
}

async function measure(command: string, args: readonly string[]): Promise<Measured> {
  const start = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let groups = 0;
  let occurrences = 0;
  let rest = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(' Between lines')) occurrences++;
      else if (line.includes('with fingerprint')) groups++;
      else if (line.startsWith('{"file"')) {
        groups++;
        occurrences += JSON.parse(line).count;
      }
    }
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let peakBytes = 0;
  let processorSeconds = 0;
  let running = true;
  const watch = (async () => {
    while (running) {
      peakBytes = Math.max(peakBytes, peakOf(child.pid!));
      processorSeconds = Math.max(processorSeconds, processorSecondsOf(child.pid!));
      await sleep(20);
    }
  })();
  const [code] = await ended;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  running = false;
  await watch;
  // Simian exits with 1 when it finds something, and when it fails.
  if (code !== 0 && !(command === 'java' && groups > 0)) throw new Error(`${command} ended with ${code}.`);
  return { seconds, peakBytes, processorSeconds, groups, occurrences };
}

function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** utime and stime of proc(5), in hundredths. */
function processorSecondsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
