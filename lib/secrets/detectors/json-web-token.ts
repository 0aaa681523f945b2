/** Is a text that looks like a JSON Web Token one? */
import { Buffer } from 'node:buffer';

/**
 * Header and payload must be base64url of JSON, and the signature base64url (RFC 7519; detect-secrets `JwtTokenDetector`);
 * of an encrypted token, five parts, the header alone is JSON (RFC 7516).
 */
export function isJsonWebToken(token: string): boolean {
  const parts = token.split('.');
  if (parts.length === 4 || (parts.length < 5 && parts[1] === '')) return false;
  const readable = parts.length === 5 ? 1 : 2;
  return parts.every((part, index) => {
    const digits = part.replace(/=+$/, '');
    // Four base64 digits hold three bytes: one digit alone holds none.
    if (digits.length % 4 === 1) return false;
    return index >= readable || isJson(digits);
  });
}

function isJson(base64: string): boolean {
  try {
    const bytes = Buffer.from(base64, 'base64url');
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}
