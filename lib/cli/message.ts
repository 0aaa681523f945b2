/** What a message says when it leaves the process: no secret, and inputs by the names that the user gave them. */
import { withGivenNames } from '../data/spooled-input.js';
import { hideInMessage } from '../secrets/masking/hide-in-message.js';

export function toMessage(text: string): string {
  return hideInMessage(withGivenNames(text));
}
