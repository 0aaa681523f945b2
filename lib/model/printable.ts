/** Names out of files that anybody may have made, fit to be shown. */

/** A stranger's text for a message: short, and without control characters. */
export function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return clean.length > 120 ? `${clean.slice(0, 117)}...` : clean;
}
