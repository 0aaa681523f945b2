/** Messages quote what they found, and what they found may be a secret: talk is logged, and read by others. */
import { findValuesToHide } from '../scan.js';
import { Veil } from './veil.js';

/** The message with dots in place of what the scanner takes for a secret. */
export function hideInMessage(message: string): string {
  return new Veil(findValuesToHide(message)).hide(message);
}
