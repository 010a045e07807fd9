import type { ApiToken } from '../app/tokens.ts';
import { formatInstant } from '../core/time/instant.ts';

/** An API token as it is listed; `state` as of `now`, milliseconds. */
export function tokenJson({ id, name, role, madeAt, expiresAt, revokedAt }: ApiToken, now: number) {
  const expired = expiresAt !== null && expiresAt <= now;
  return {
    ...{ id, name, role },
    state: revokedAt !== null ? 'revoked' : expired ? 'expired' : 'valid',
    made_at: formatInstant(madeAt),
    expires_at: expiresAt === null ? null : formatInstant(expiresAt),
    revoked_at: revokedAt === null ? null : formatInstant(revokedAt),
  };
}
