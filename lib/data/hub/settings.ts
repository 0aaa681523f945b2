/** What is said about the hub, whatever is asked of it: options, the environment, and the rules of its names. */
import * as z from 'zod';
import { check } from '../../check.js';
import { InputError } from '../../errors.js';
import { defaultCacheDirectory, defaultToken, isOffline } from '../../model/hub/hub-environment.js';

export interface HubOptions {
  /** A branch, a tag or a commit (default `main`). A commit that is in the cache needs no network. */
  readonly revision?: string | undefined;
  /** Ask no server (default: HF_HUB_OFFLINE is 1, true, on or yes). */
  readonly localFilesOnly?: boolean | undefined;
  /** Address of the hub (default: HF_ENDPOINT, or https://huggingface.co). */
  readonly endpoint?: string | undefined;
  /** Access token for what is private or gated (default: HF_TOKEN, or what `hf auth login` left in HF_HOME/token). */
  readonly token?: string | undefined;
  /** The cache, shared with Python's huggingface_hub (default: HF_HUB_CACHE, or HF_HOME/hub). */
  readonly cacheDirectory?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Pause before the first retry in milliseconds, doubled for each one after it (default 1000). */
  readonly retryDelayMs?: number | undefined;
}

/** {@link HubOptions} with the environment and the defaults filled in. */
export interface HubSettings {
  readonly revision: string;
  readonly localFilesOnly: boolean;
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly cacheDirectory: string;
  readonly signal: AbortSignal | undefined;
  readonly retryDelayMs: number;
}

const REVISION = /^(?!.*(\.\.|\/\/|\/$))\w[\w./+-]{0,199}$/;

const optionsSchema = z.strictObject({
  revision: z.string().regex(REVISION, 'Invalid input: expected a branch, tag or commit').optional(),
  localFilesOnly: z.boolean().optional(),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'Invalid input: expected an http or https address' })
    .optional(),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'Invalid input: expected printable characters')
    .optional(),
  cacheDirectory: z.string().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  retryDelayMs: z.number().min(0).optional(),
});

/** @throws InputError `ERR_INVALID_OPTION`, calling the options those of `caller` */
export function hubSettings(options: HubOptions, caller: string): HubSettings {
  const settings = { ...settingsOfEnvironment(), ...definedOf(options) };
  // A secret does not belong into a message.
  const { token, ...shown } = settings;
  check(optionsSchema.omit({ token: true }), shown, `options of ${caller}`);
  if (!optionsSchema.shape.token.safeParse(token).success)
    throw new InputError(
      'ERR_INVALID_OPTION',
      'Expected printable characters for the access token of the hub but found others.',
      { remedy: 'Log in again (hf auth login), or set HF_TOKEN.' },
    );
  return {
    revision: settings.revision ?? 'main',
    localFilesOnly: settings.localFilesOnly ?? false,
    endpoint: (settings.endpoint ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token,
    cacheDirectory: settings.cacheDirectory ?? defaultCacheDirectory(),
    signal: settings.signal,
    retryDelayMs: settings.retryDelayMs ?? 1000,
  };
}

function settingsOfEnvironment(): HubOptions {
  return {
    endpoint: process.env.HF_ENDPOINT || undefined,
    token: defaultToken(),
    localFilesOnly: isOffline(),
  };
}

function definedOf(options: HubOptions): HubOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
