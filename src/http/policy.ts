import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a browser may do with data: nothing. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'";
/** And with a page and its programs: load what is of this server, and ask it; nobody else. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const policyHeader = 'content-security-policy';

/** Headers of every answer, set before anything else: a route may set others. */
export function secure(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    [policyHeader]: dataPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
}

/** Once it is known what the answer is: pages, and what they run, may do more than data. */
export function allowPage(reply: FastifyReply): void {
  const isPage = /^text\/(html|javascript)|^application\/javascript/.test(String(reply.getHeader('content-type')));
  if (isPage) reply.header(policyHeader, pagePolicy);
}
