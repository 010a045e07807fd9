import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../app/engine.ts';
import { InvalidInputError } from '../core/errors.ts';
import { mayDo, type Role, roles } from '../core/role.ts';
import type { ApiToken } from '../app/tokens.ts';
import type { Limits } from './limits.ts';

/** Who may ask a route: whoever reaches it, or whoever has a token of this role, or an operator's. */
export type Access = 'anybody' | Role;

/** Who asks. Without any token in the store, whoever reaches the server is an operator of no name. */
export interface Visitor {
  readonly role: Role;
  readonly token: { readonly id: string; readonly name: string; readonly expiresAt: number | null } | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` on routes for anybody. */
    visitor: Visitor | null;
  }
  interface FastifyContextConfig {
    access?: Access;
    /** Whoever looks after the process asks as often as it likes. */
    unlimited?: boolean;
  }
}

/**
 * Lets in who may come in. A store that has no token is open, to this machine only; once it has had one, every request needs one,
 * and that never turns back while the server runs, whatever becomes of the tokens.
 */
export class Door {
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #limits: Limits;
  #closed = false;

  constructor(engine: Engine, now: () => number, limits: Limits) {
    this.#engine = engine;
    this.#now = now;
    this.#limits = limits;
  }

  /** Whether tokens are needed. One read until they are, so that the first token counts from the next request on. */
  async closed(): Promise<boolean> {
    if (!this.#closed) this.#closed = await this.#engine.hasTokens();
    return this.#closed;
  }

  /** Before a request is looked at any further. Throws what `visitor` and `assertMay` do, and UnavailableError `rate-limited`. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access = 'operator', unlimited = false } = request.routeOptions.config;
    const needed = request.is404 ? 'anybody' : access;
    if (needed !== 'anybody') await this.visitor(request, reply);
    if (!unlimited) await this.#limits.request(request, this.#closed);
    if (request.visitor !== null && needed !== 'anybody') assertMay(request.visitor, needed);
  }

  /**
   * Who asks, from here on also in the log. Asks the store at each request, one row by its key: a token that was revoked is none
   * from the next request on. Throws InvalidInputError `token-missing`, `token-unknown`, of an open server `host-refused`, `site-refused`;
   * UnavailableError `rate-limited` for too many without a good token.
   */
  async visitor(request: FastifyRequest, reply: FastifyReply): Promise<Visitor> {
    if (!(await this.closed())) {
      assertAddressed(request.headers.host);
      assertOwnPage(request.headers);
      return (request.visitor = { role: 'operator', token: null });
    }
    const token = await this.#tokenIn(request.headers.authorization).catch(async (error: unknown) => {
      if (error instanceof InvalidInputError) await this.#limits.failure(request);
      throw error;
    });
    const { id, name, role, expiresAt } = token;
    request.log = reply.log = request.log.child({ token: { id, name } });
    return (request.visitor = { role, token: { id, name, expiresAt } });
  }

  /** Whether whoever was let in would still be: for requests that go on for long. */
  async holds({ headers, visitor }: FastifyRequest): Promise<boolean> {
    if (!(await this.closed())) return true;
    if (!visitor?.token) return false;
    return (await this.#engine.authenticate(bearerIn(headers.authorization), this.#now())) !== null;
  }

  async #tokenIn(authorization: string | undefined): Promise<ApiToken> {
    if (authorization === undefined) {
      const message = 'This needs a token; accepted: the header Authorization: Bearer TOKEN.';
      throw new InvalidInputError('token-missing', message);
    }
    const token = await this.#engine.authenticate(bearerIn(authorization), this.#now());
    if (token !== null) return token;
    const message =
      'Found no good token; accepted: Authorization: Bearer with one that is neither revoked nor expired.';
    throw new InvalidInputError('token-unknown', message);
  }
}

/** What stands behind `Bearer`; '' where that does not stand there. */
const bearerIn = (authorization = ''): string => /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';

/** Throws InvalidInputError `role-insufficient`. */
export function assertMay({ role }: Visitor, needed: Role, what = 'This'): void {
  if (mayDo(role, needed)) return;
  const accepted = rolesFor(needed).join(' or ');
  const message = `${what} is not for role ${role}; accepted: a token of role ${accepted}.`;
  throw new InvalidInputError('role-insufficient', message, { role, accepted });
}

const rolesFor = (needed: Role): readonly Role[] => roles.filter((has) => mayDo(has, needed));

/** Routes of `register` are for anybody: what a browser loads before it has a token. */
export async function forAnybody(
  app: FastifyInstance,
  register: (scope: FastifyInstance) => Promise<unknown>,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'anybody' };
    });
    await register(scope);
  });
}

/**
 * Every route says for whom it is: one that does not is for readers where it reads, for operators else. The document says it as
 * OpenAPI has it, and in words.
 */
export function sayAccess(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const reads = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
    const access = route.config?.access ?? (reads ? 'reader' : 'operator');
    route.config = { ...route.config, access };
    if (access === 'anybody') route.schema = { ...route.schema, security: [], description: 'For anybody.' };
    else {
      const names = rolesFor(access);
      route.schema = { ...route.schema, security: [{ bearer: names }], description: `For ${names.join(' and ')}.` };
    }
  });
}

/**
 * A page of somebody else may let its name point at this machine, and would then be of the same origin (DNS rebinding): the
 * name that the request was sent to must be one of loopback. Where a token is needed such a page has none: browsers keep it apart
 * by the name of the page. Throws InvalidInputError `host-refused`.
 */
function assertAddressed(header = ''): void {
  const host = header.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(host)) return;
  const message = 'Found a Host header of another machine; accepted: localhost, 127.0.0.1 or [::1].';
  throw new InvalidInputError('host-refused', message);
}

/**
 * Pages of somebody else may make a browser send requests here, say as pictures: they see no answer, but whoever is open would work
 * for them. Throws InvalidInputError `site-refused`. What is no browser sends no such header.
 */
function assertOwnPage({ 'sec-fetch-site': site }: FastifyRequest['headers']): void {
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const message =
    'Found a request that a page of somebody else sent; accepted: those of the dashboard, and of programs.';
  throw new InvalidInputError('site-refused', message);
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
