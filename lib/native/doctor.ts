/** What Lethe finds on this machine: every part that it needs, what is wrong with it, and the remedy. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { LetheError } from '../errors.js';
import { findLibtorch } from './libtorch.js';
import { findAddon, loadAddonDetails } from './load.js';

export interface DoctorCheck {
  readonly name: string;
  /** `missing` makes Lethe unusable; `note` does not. */
  readonly status: 'ok' | 'note' | 'missing';
  readonly detail: string;
  readonly remedy?: string | undefined;
}

export interface DoctorReport {
  readonly usable: boolean;
  readonly checks: readonly DoctorCheck[];
}

/** Same as `engines` in package.json. */
const OLDEST_NODE = [20, 17] as const;

/** Looks at everything and throws nothing. */
export function examine(): DoctorReport {
  const checks = [node(), ...nativeParts()];
  return { usable: checks.every((check) => check.status !== 'missing'), checks };
}

function node(): DoctorCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fine = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const detail = `${process.versions.node} on ${process.platform}-${process.arch}`;
  if (fine) return { name: 'node', status: 'ok', detail };
  return {
    name: 'node',
    status: 'missing',
    detail,
    remedy: `Install Node ${OLDEST_NODE.join('.')} or newer.`,
  };
}

function nativeParts(): DoctorCheck[] {
  const checks: DoctorCheck[] = [];
  let builtAgainst: string | undefined;
  try {
    const addon = findAddon();
    builtAgainst = addon.builtAgainst;
    checks.push({
      name: 'addon',
      status: 'ok',
      detail: `built against libtorch ${addon.builtAgainst}, in ${addon.path}`,
    });
  } catch (error) {
    checks.push(
      missing('addon', error),
      tool('C++ compiler', ['c++', 'g++', 'clang++']),
      tool('CMake', ['cmake']),
    );
  }
  let found = true;
  try {
    const { version, variant, source, root } = findLibtorch({ version: builtAgainst });
    checks.push({ name: 'libtorch', status: 'ok', detail: `${version} (${variant}), ${source}, in ${root}` });
  } catch (error) {
    found = false;
    checks.push(missing('libtorch', error));
  }
  // Loading can say nothing new while one of the two is not there.
  return builtAgainst !== undefined && found ? [...checks, ...running()] : checks;
}

function running(): DoctorCheck[] {
  try {
    const { addon, libtorch, cudaProblem } = loadAddonDetails();
    const { torchVersion, threads, cudaDevices } = addon.runtime();
    const checks: DoctorCheck[] = [
      { name: 'runtime', status: 'ok', detail: `libtorch ${torchVersion} is loaded` },
      { name: 'devices', status: 'ok', detail: ['cpu', ...cudaDevices].join(', ') },
      {
        name: 'threads',
        status: 'ok',
        detail: `${threads} for libtorch, ${availableParallelism()} cores for this process`,
      },
    ];
    if (libtorch.cuda && cudaDevices.length === 0)
      checks.push({
        name: 'cuda',
        status: 'note',
        detail: `libtorch has CUDA, but ${cudaProblem ?? 'it sees no device'}`,
        remedy:
          'Nothing to do for the CPU; for a GPU install an NVIDIA driver and the CUDA libraries of this libtorch.',
      });
    return checks;
  } catch (error) {
    return [missing('runtime', error)];
  }
}

function tool(name: string, commands: readonly string[]): DoctorCheck {
  for (const command of commands) {
    try {
      const output = execFileSync(command, ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { name, status: 'ok', detail: output.split('\n')[0]!.trim() };
    } catch {
      // Not this one.
    }
  }
  return {
    name,
    status: 'note',
    detail: `none of ${commands.join(', ')} on PATH`,
    remedy: `Install one to build the addon, e.g. with the system's package manager.`,
  };
}

function missing(name: string, error: unknown): DoctorCheck {
  const detail = error instanceof Error ? error.message : String(error);
  return { name, status: 'missing', detail, remedy: error instanceof LetheError ? error.remedy : undefined };
}
