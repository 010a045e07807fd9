import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { UnavailableError } from '../core/errors.ts';

/** Requests a minute of one token, or one address where none is needed: 20 a second. A dashboard that is scrolled asks for some five. */
export const rateLimitDefault = 1200;
/** Requests a minute of one address that name no good token. Whoever has one is not kept out by others who guess. */
const failuresMax = 60;

/** Counts requests by whoever sends them, minute by minute. Both throw UnavailableError `rate-limited`. */
export interface Limits {
  /** `closed`: tokens are needed, so that others than this machine may ask. */
  readonly request: (request: FastifyRequest, closed: boolean) => Promise<void>;
  /** Of a request that was not let in. */
  readonly failure: (request: FastifyRequest) => Promise<void>;
}

/** `perMinute` 0: no limit, except for failures; absent: the default, where tokens are needed. */
export async function limitsOf(app: FastifyInstance, perMinute: number | undefined): Promise<Limits> {
  await app.register(rateLimit, { global: false });
  const timeWindow = 60_000;
  const requests = app.createRateLimit({
    timeWindow,
    max: perMinute ?? rateLimitDefault,
    keyGenerator: (request) => (request.visitor?.token ? `token ${request.visitor.token.id}` : normalizeIP(request.ip)),
  });
  const failures = app.createRateLimit({ timeWindow, max: failuresMax });
  return {
    request: async (request, closed) => {
      if (perMinute === undefined ? closed : perMinute > 0) judge(await requests(request));
    },
    failure: async (request) => judge(await failures(request)),
  };
}

type Count = Awaited<ReturnType<ReturnType<FastifyInstance['createRateLimit']>>>;

function judge(count: Count): void {
  if (count.isAllowed || !count.isExceeded) return;
  const { max, ttlInSeconds: seconds } = count;
  const message = `More than ${max} requests in a minute; accepted: again in ${seconds} s.`;
  throw new UnavailableError('rate-limited', message, { most: String(max), seconds: String(seconds) });
}
