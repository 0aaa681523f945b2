/**
 * What the environment says about the hub, as Python's huggingface_hub reads it: who is logged in there is logged in
 * here, and finds the same cache.
 *
 * Source: `constants.py` and `utils/_auth.py` of huggingface_hub 2.4.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = NodeJS.ProcessEnv;

/** Tokens have some 40 characters; a file of this size is none. */
const MAX_TOKEN_BYTES = 65_536;

/** Where the cache is: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, or HF_HOME/hub. */
export function defaultCacheDirectory(environment: Environment = process.env): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE } = environment;
  const named = HF_HUB_CACHE || HUGGINGFACE_HUB_CACHE;
  return named ? expand(named, environment) : join(homeOf(environment), 'hub');
}

/**
 * The access token: HF_TOKEN, else HUGGING_FACE_HUB_TOKEN, else the file that `hf auth login` leaves, HF_TOKEN_PATH or
 * HF_HOME/token. None if HF_HUB_DISABLE_IMPLICIT_TOKEN is true.
 */
export function defaultToken(environment: Environment = process.env): string | undefined {
  if (isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH } = environment;
  const named = cleaned(HF_TOKEN || HUGGING_FACE_HUB_TOKEN || '');
  if (named !== undefined) return named;
  const path = HF_TOKEN_PATH ? expand(HF_TOKEN_PATH, environment) : join(homeOf(environment), 'token');
  try {
    const found = statSync(path);
    return found.isFile() && found.size <= MAX_TOKEN_BYTES ? cleaned(readFileSync(path, 'utf8')) : undefined;
  } catch {
    // No file, or none that may be read: nobody is logged in.
    return undefined;
  }
}

/** Whether no server is to be asked: HF_HUB_OFFLINE, else TRANSFORMERS_OFFLINE. */
export function isOffline(environment: Environment = process.env): boolean {
  return isTrue(environment.HF_HUB_OFFLINE || environment.TRANSFORMERS_OFFLINE);
}

function isTrue(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? '');
}

function homeOf(environment: Environment): string {
  const { HF_HOME, XDG_CACHE_HOME } = environment;
  return expand(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), environment);
}

/** `~` and `$NAME` as a shell has them; names without a value stay. */
function expand(path: string, environment: Environment): string {
  return path
    .replace(/^~(?=\/|$)/, () => homedir())
    .replace(/\$(\w+)|\$\{([^}]*)\}/g, (match, name, braced) => environment[name ?? braced] ?? match);
}

function cleaned(token: string): string | undefined {
  return token.replace(/[\r\n]/g, '').trim() || undefined;
}
