import { STATUS_CODES } from 'node:http';
import type { FastifyError } from 'fastify';
import { type ErrorKind, InvalidInputError, NotFoundError, ProrataError, UnavailableError } from '../core/errors.ts';

/** What went wrong, as RFC 9457 has it; `code` is the stable code of docs/reference/errors.md. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly request_id: string;
  readonly facts: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

export const problemType = 'application/problem+json; charset=utf-8';

const statuses: Readonly<Record<ErrorKind, number>> = {
  'invalid-input': 400,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
  bug: 500,
};

/** Where HTTP has a status of its own for a code. */
const statusOfCode: Readonly<Record<string, number>> = {
  'body-too-large': 413,
  'media-type-unsupported': 415,
  'host-refused': 421,
  'site-refused': 403,
  'token-missing': 401,
  'token-unknown': 401,
  'role-insufficient': 403,
  'rate-limited': 429,
};

/** More that a problem says, beside what every problem does. */
export class Extended extends Error {
  readonly more: Readonly<Record<string, unknown>>;

  constructor(error: ProrataError, more: Readonly<Record<string, unknown>>) {
    super(error.message, { cause: error });
    this.more = more;
  }
}

/** Any error as a problem: defects, and what the world outside did, without what they tell of this machine. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof Extended) return { ...problemOf(error.cause, requestId), ...error.more };
  const ours = inOurWords(error);
  if (ours === null) {
    return problem({ status: 500, code: 'unexpected', detail: defectText, requestId });
  }
  const { kind, code } = ours;
  const status = statusOfCode[code] ?? statuses[kind];
  if (kind === 'bug') return problem({ status, code, detail: defectText, requestId });
  // The store's own errors name its place.
  if (code.startsWith('store-')) return problem({ status, code, detail: storeText, requestId });
  return problem({ status, code, detail: ours.message, facts: ours.facts, requestId });
}

const defectText =
  'This is a defect of Prorata; the log of the server has it under this request id. Nothing was half done.';
const storeText = 'The store did not do it; the log of the server says why, under this request id.';

function problem({
  status,
  code,
  detail,
  facts = {},
  requestId,
}: {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly facts?: Problem['facts'];
  readonly requestId: string;
}): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: `urn:prorata:error:${code}`, title, status, code, detail, request_id: requestId, facts };
}

/** `null`: a defect. */
function inOurWords(error: unknown): ProrataError | null {
  if (error instanceof ProrataError) return error;
  if (!(error instanceof Error)) return null;
  const { code, validation, validationContext, statusCode } = error as Partial<FastifyError>;
  if (validation !== undefined) return invalid(validation[0], validationContext);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new InvalidInputError('body-too-large', 'Found a body that is too large; accepted: up to 16 MiB.');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || code === 'FST_ERR_CTP_EMPTY_TYPE')
    return mediaTypeUnsupported('a body of another media type');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new InvalidInputError('request-invalid', 'Found a request that cannot be read; accepted: well-formed HTTP.');
  return null;
}

function invalid(
  first: { readonly instancePath: string; readonly message?: string; readonly params?: object } | undefined,
  where = 'request',
) {
  const part = where === 'querystring' ? 'query' : where;
  const unknown = (first?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
  const field = unknown ?? first?.instancePath.replace(/^\//, '') ?? '';
  const what = unknown === undefined ? (first?.message ?? 'is not valid') : 'is not known here';
  return new InvalidInputError('request-invalid', `${part} ${JSON.stringify(field)} ${what}.`, { part, field });
}

export const mediaTypeUnsupported = (found: string): InvalidInputError =>
  new InvalidInputError(
    'media-type-unsupported',
    `Found ${found}; accepted: application/x-ndjson, application/jsonl, application/json.`,
  );

export const routeUnknown = (): NotFoundError =>
  new NotFoundError('route-unknown', 'There is nothing at this address; accepted: the routes of /openapi.json.');

/** The client went away, or the server stops: whatever was computed for it ends. */
export const requestEnded = (): UnavailableError =>
  new UnavailableError('request-ended', 'Stopped: the client went away, or the server ends. Nothing was changed.');

/** For connections whose request could not even be read. */
export function rawProblem(code: string | undefined): string {
  const large = code === 'HPE_HEADER_OVERFLOW';
  const status = large ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const detail = large
    ? 'Found headers, or an address, of more than 16 KiB; accepted: shorter ones.'
    : 'Found a request that cannot be read; accepted: well-formed HTTP.';
  const body = JSON.stringify(problem({ status, code: 'request-invalid', detail, requestId: '-' }));
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;
}
