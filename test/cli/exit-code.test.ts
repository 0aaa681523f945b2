import { Command } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { EXIT_CODES, withExitCode } from '../../lib/cli/exit-code.js';

afterEach(() => {
  process.exitCode = undefined;
});

test.each(Object.values(EXIT_CODES))(
  'an action that returns %d makes it the process exit code',
  async (code) => {
    const received: unknown[] = [];
    const command = new Command('measure').argument('<name>').action(
      withExitCode(async (name: string) => {
        received.push(name);
        return code;
      }),
    );
    await command.parseAsync(['x'], { from: 'user' });
    expect(received).toEqual(['x']);
    expect(process.exitCode).toBe(code);
  },
);
