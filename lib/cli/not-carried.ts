/** What a checkpoint that was written lacks of the one that it came from, said once for every command that writes one. */
import type { LeftOutFile } from '../model/weights/carried-files.js';
import type { Session } from './session.js';

export function sayNotCarried(leftOut: readonly LeftOutFile[], output: string, session: Session): void {
  for (const { name, reason } of leftOut)
    session.say(`lethe: warning: ${name} was not carried over into ${output}: ${reason}.`);
}
