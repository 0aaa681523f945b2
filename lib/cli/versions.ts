/** Versions of what a run's numbers depend on, beside those that every manifest has. */
import { loadAddon } from '../native/load.js';

export function nativeVersions(): Record<string, string> {
  return { libtorch: loadAddon().runtime().torchVersion };
}
