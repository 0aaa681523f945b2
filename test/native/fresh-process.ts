/** Runs a piece of JavaScript in a process of its own: what a process has loaded, it cannot unload. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs the body of an async function, which may `import('./lib/...ts')`, and gives what it returned or, of an error,
 * `{ error: { name, code, message, remedy } }`. Throws unless the process ends with code 0.
 */
export function runFresh(body: string, env: NodeJS.ProcessEnv = {}): unknown {
  const script = `
    const describe = ({ name, code, message, remedy }) => ({ error: { name, code, message, remedy } });
    const result = await (async () => { ${body} })().catch(describe);
    process.stdout.write(JSON.stringify(result ?? null));`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } },
  );
  if (status !== 0) throw new Error(`The process ended with ${status ?? signal}: ${stderr}`);
  return JSON.parse(stdout);
}
