/** The one way to the server: its HTTP API, as anybody else has it. */

/** A problem document (RFC 9457) as the server answers it, or one of our own where nothing answered. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  /** Seconds after which asking again may help; `null`: the server did not say. */
  readonly retryAfter: number | null;

  constructor(status: number, code: string, detail: string, requestId = '', retryAfter: number | null = null) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

const tokenKey = 'prorata.token';

/** The API token of this browser tab; forgotten with the tab. */
export const token = {
  get: (): string | null => sessionStorage.getItem(tokenKey),
  set: (value: string | null): void => {
    if (value === null) sessionStorage.removeItem(tokenKey);
    else sessionStorage.setItem(tokenKey, value);
  },
};

function headersWith(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const secret = token.get();
  return { ...more, ...(secret === null ? {} : { authorization: `Bearer ${secret}` }) };
}

/** Questions of an address; what is undefined or empty is not asked. */
export type Questions = Readonly<Record<string, string | number | boolean | undefined>>;

/** An address of the API, each part of the path percent-encoded: `path('programs', name, 'payouts')`. */
export const path = (...parts: readonly (string | number)[]): string =>
  `/v1/${parts.map((part) => encodeURIComponent(String(part))).join('/')}`;

export function withQuestions(address: string, questions: Questions): string {
  const given = Object.entries(questions).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? address : `${address}?${new URLSearchParams(given)}`;
}

/** What the server said when it asked for a token; `null`: it did not. */
let refusal: Problem | null = null;
const watchers = new Set<() => void>();

export const refused = {
  get: (): Problem | null => refusal,
  watch: (watcher: () => void): (() => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};

/** Throws Problem. */
export async function answerOf(address: string, signal?: AbortSignal, more?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, {
      ...more,
      headers: headersWith(more?.headers as Record<string, string>),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'server-unreachable', 'The server does not answer. What is shown may be old.');
  }
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string; request_id?: string };
  const retry = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const problem = new Problem(
    answer.status,
    body.code ?? 'unexpected',
    body.detail ?? `The server answered ${answer.status}.`,
    body.request_id,
    Number.isFinite(retry) ? retry : null,
  );
  if (problem.status === 401) {
    refusal = problem;
    for (const watcher of watchers) watcher();
  }
  throw problem;
}

/** The JSON at an address of the API. Throws Problem. */
export async function get<T>(address: string, signal?: AbortSignal): Promise<T> {
  const answer = await answerOf(address, signal);
  return (await answer.json()) as T;
}
