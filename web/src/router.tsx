import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { sortings } from './pages/accounts/scores.ts';
import { ProgramsPage } from './pages/ProgramsPage.tsx';
import { Empty } from './ui/Panel.tsx';
import { Shell } from './ui/Shell.tsx';

/*
 * The address of every page. What a page shows stands in the query of its address, so that it can be sent as a link: each page
 * says below what it reads from there, and passes over what it does not know. Pages but the first are loaded when they are opened.
 */

type Search = Record<string, unknown>;
/** A text of the query, whatever it looks like. */
function textIn(search: Search, name: string): string | undefined {
  const found = search[name];
  return (typeof found === 'string' && found !== '') || typeof found === 'number' ? String(found) : undefined;
}
/** A whole number of the query, 0 or more. */
const wholeIn = (search: Search, name: string): number | undefined => {
  const found = Number(search[name] ?? Number.NaN);
  return Number.isSafeInteger(found) && found >= 0 ? found : undefined;
};
/** One of a few words of the query. */
const oneOf = <const T extends string>(search: Search, name: string, accepted: readonly T[]): T | undefined =>
  accepted.find((one) => one === search[name]);
/** Leaves out what is not given, which an address does not show. */
export function given<T extends Record<string, unknown>>(search: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Empty>There is no page at this address.</Empty>,
});

const programs = createRoute({ getParentRoute: () => root, path: '/', component: ProgramsPage });

export const programRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program',
  validateSearch: (search: Search) =>
    given({
      period: wholeIn(search, 'period'),
      zoom: oneOf(search, 'zoom', ['far', 'middle', 'near']),
      flows: oneOf(search, 'flows', ['all']),
    }),
  component: lazyRouteComponent(() => import('./pages/ProgramPage.tsx'), 'ProgramPage'),
});

/** Why something was posted, in words. */
export const reasons = {
  funding: 'funding',
  payout: 'payout by score',
  direct: 'equal part',
  'direct-remainder': 'remainder of equal parts',
  rounding: 'rounding',
  undelivered: 'no stake to deliver to',
  'zero-total': 'nobody had a score',
  unearned: 'not earned by anybody',
  carried: 'carried over',
  reversal: 'taken back',
} as const;

export const ledgerRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/ledger',
  validateSearch: (search: Search) =>
    given({
      account: textIn(search, 'account'),
      period: wholeIn(search, 'period'),
      reason: oneOf(search, 'reason', Object.keys(reasons) as (keyof typeof reasons)[]),
      before: wholeIn(search, 'before'),
      after: wholeIn(search, 'after'),
    }),
  component: lazyRouteComponent(() => import('./pages/LedgerPage.tsx'), 'LedgerPage'),
});

export const eventsRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/events',
  validateSearch: (search: Search) =>
    given({
      at: wholeIn(search, 'at'),
      account: textIn(search, 'account'),
      before: wholeIn(search, 'before'),
      after: wholeIn(search, 'after'),
    }),
  component: lazyRouteComponent(() => import('./pages/EventsPage.tsx'), 'EventsPage'),
});

export const contributionsRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/contributions',
  validateSearch: (search: Search) =>
    given({
      period: wholeIn(search, 'period') || undefined,
      source: textIn(search, 'source'),
      person: textIn(search, 'person'),
      by: oneOf(search, 'by', ['period']),
      who: textIn(search, 'who'),
      people: wholeIn(search, 'people'),
      find: textIn(search, 'find'),
      made: oneOf(search, 'made', ['period']),
      from: wholeIn(search, 'from'),
    }),
  component: lazyRouteComponent(() => import('./pages/ContributionsPage.tsx'), 'ContributionsPage'),
});

export const aroundRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/contributions/around',
  validateSearch: (search: Search) =>
    given({
      address: textIn(search, 'address'),
      person: textIn(search, 'person'),
      period: wholeIn(search, 'period') || undefined,
      show: wholeIn(search, 'show') || undefined,
    }),
  component: lazyRouteComponent(() => import('./pages/AroundPage.tsx'), 'AroundPage'),
});

export const crownRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/crown',
  validateSearch: (search: Search) =>
    given({
      lane: textIn(search, 'lane'),
      from: textIn(search, 'from'),
      to: textIn(search, 'to'),
      // Who stands out, and where the cursor is: an instant, and a participant.
      who: textIn(search, 'who'),
      at: textIn(search, 'at'),
      row: textIn(search, 'row'),
      rows: oneOf(search, 'rows', ['large']),
      live: oneOf(search, 'live', ['on']),
    }),
  component: lazyRouteComponent(() => import('./pages/crown/CrownPage.tsx'), 'CrownPage'),
});

export const accountsRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/accounts',
  validateSearch: (search: Search) =>
    given({
      sort: oneOf(search, 'sort', sortings),
      search: textIn(search, 'search'),
      // The first row that is seen.
      offset: wholeIn(search, 'offset'),
    }),
  component: lazyRouteComponent(() => import('./pages/AccountsPage.tsx'), 'AccountsPage'),
});

export const accountRoute = createRoute({
  getParentRoute: () => root,
  path: '/programs/$program/accounts/$account',
  validateSearch: (search: Search) =>
    given({ period: wholeIn(search, 'period'), before: wholeIn(search, 'before'), after: wholeIn(search, 'after') }),
  component: lazyRouteComponent(() => import('./pages/AccountPage.tsx'), 'AccountPage'),
});

export const compareRoute = createRoute({
  getParentRoute: () => root,
  path: '/compare',
  validateSearch: (search: Search) =>
    given({ strategies: textIn(search, 'strategies'), accounts: wholeIn(search, 'accounts') }),
  component: lazyRouteComponent(() => import('./pages/ComparePage.tsx'), 'ComparePage'),
});

const routeTree = root.addChildren([
  accountsRoute,
  accountRoute,
  crownRoute,
  programs,
  compareRoute,
  programRoute,
  ledgerRoute,
  eventsRoute,
  contributionsRoute,
  aroundRoute,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  // Plain text in addresses, as far as it is plain: `?lane=btc-tao`, not `?lane=%22btc-tao%22`.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    );
    return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
