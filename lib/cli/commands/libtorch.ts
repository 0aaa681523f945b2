/** `lethe libtorch`: provisions the managed copy of libtorch, or says which libtorch is in use. */
import { Command } from 'commander';
import { findLibtorch, type Libtorch } from '../../native/libtorch.js';
import { installLibtorch } from '../../native/provision.js';
import { withSession } from '../session.js';

export function createLibtorchCommand(): Command {
  return new Command('libtorch')
    .description('provision the library that computes, or say where it lies')
    .addCommand(createInstallCommand())
    .addCommand(createPathCommand())
    .addHelpText('after', '\nExamples:\n  lethe libtorch install\n  lethe libtorch path');
}

function createInstallCommand(): Command {
  return new Command('install')
    .description('download libtorch into the cache: the CPU build of 2.13.0, or a CUDA build')
    .option('--cuda <tag>', 'CUDA build, e.g. cu118 (libtorch 2.7.1) or cu130 (libtorch 2.13.0)')
    .option('--force', 'install even if it is there already')
    .option('--json', 'print what was installed as JSON')
    .addHelpText(
      'after',
      `
Examples:
  lethe libtorch install
  lethe libtorch install --cuda cu118

The cache is ~/.cache/lethe (macOS: ~/Library/Caches/lethe); LETHE_CACHE or XDG_CACHE_HOME move it.`,
    )
    .action(async (options: { cuda?: string; force?: boolean; json?: boolean }) => {
      const libtorch = await withSession(
        (session) =>
          session.run(
            installLibtorch({ cuda: options.cuda, force: options.force, signal: session.signal }),
            (event) => {
              if (event.type === 'note') session.say(event.message);
            },
          ),
        { whenInterrupted: 'Run the same command again to go on from here.' },
      );
      print(libtorch, options.json);
    });
}

function createPathCommand(): Command {
  return new Command('path')
    .description(
      'print the directory of the libtorch that is found: LETHE_LIBTORCH, the managed copy, or Python torch',
    )
    .option('--json', 'print version, variant and source as well, as JSON')
    .addHelpText('after', '\nExample:\n  ls "$(lethe libtorch path)/lib"')
    .action((options: { json?: boolean }) => print(findLibtorch(), options.json));
}

function print(libtorch: Libtorch, json: boolean | undefined): void {
  process.stdout.write(`${json ? JSON.stringify(libtorch) : libtorch.root}\n`);
}
