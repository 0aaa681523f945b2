/** How commands tell what they passed over. */
import { describeLeftOut, type LeftOut } from '../data/left-out.js';
import type { Session } from './session.js';

/** Says on stderr what was left out, a line for each reason. */
export function sayLeftOut(leftOut: LeftOut, session: Pick<Session, 'say'>): void {
  for (const line of describeLeftOut(leftOut.toJSON())) session.say(line);
}
