import type { FastifyInstance } from 'fastify';
import { formatInstant } from '../core/time/instant.ts';
import { roles } from '../core/role.ts';
import type { Context } from './context.ts';
import { problems, requestSchema } from './route.ts';
import { choice, object, orNull, text, time, yes } from './schema.ts';

const answer = object({
  tokens_needed: { ...yes, description: 'false: the store has no token, and everybody on this machine is an operator' },
  role: { ...orNull(choice(...roles)), description: 'null: a token is needed, and none was sent' },
  token: orNull(object({ id: text, name: text, expires_at: orNull(time) })),
});

/** Who asks: whether a token is needed, and of whom the one is that was sent. For anybody, so that a page knows whether to ask for one. */
export function sessionRoute(app: FastifyInstance, { door }: Context): void {
  const path = '/v1/session';
  const schema = {
    summary: 'who asks: the role and the name of the token that was sent, and whether one is needed',
    tags: ['session'],
    ...requestSchema(path, {}),
    response: { 200: { description: 'the answer', ...answer }, ...problems },
  };
  app.get(path, { schema, config: { access: 'anybody' } }, async (request, reply) => {
    const tokensNeeded = await door.closed();
    if (tokensNeeded && request.headers.authorization === undefined) return { tokensNeeded, role: null, token: null };
    const { role, token } = await door.visitor(request, reply);
    if (token === null) return { tokensNeeded, role, token };
    const { id, name, expiresAt } = token;
    return { tokensNeeded, role, token: { id, name, expiresAt: expiresAt === null ? null : formatInstant(expiresAt) } };
  });
}
