/** A commit that says of another one, or of several, that it takes it back. */
export interface Revert {
  readonly by: string;
  readonly target: string;
}

/** As `git revert` writes it, at the start of a line, with a whole id; a quoted or indented one does not count. */
const pattern = /^This reverts commit ([0-9a-f]{64}|[0-9a-f]{40})\b/gm;

/** Ids that a message says it reverts, each once. */
export function revertedBy(message: string): string[] {
  if (!message.includes('This reverts commit')) return [];
  return [...new Set([...message.matchAll(pattern)].map((found) => found[1]!))];
}

/**
 * What mints nothing: a commit that reverts another one, and a commit that is reverted by one that stands. A revert stands
 * unless it is reverted itself by one that stands, so the revert of a revert restores. Whoever reverts a merge reverts what the
 * merge brought in (`brought`, by merge).
 *
 * A message can only name a commit that was there before, so there are no circles.
 */
export function without(
  reverts: readonly Revert[],
  brought: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  const undoers = new Map<string, string[]>();
  const add = (target: string, by: string): void => {
    const known = undoers.get(target);
    if (known === undefined) undoers.set(target, [by]);
    else known.push(by);
  };
  for (const { by, target } of reverts) {
    add(target, by);
    for (const commit of brought.get(target) ?? []) if (commit !== target) add(commit, by);
  }
  const undone = new Map<string, boolean>();
  for (const commit of undoers.keys()) judge(commit, undoers, undone);
  const nothing = new Set(reverts.map(({ by }) => by));
  for (const [commit, is] of undone) if (is) nothing.add(commit);
  return nothing;
}

/** Decides on `commit` and all it hangs on; by a list of its own, as reverts of reverts may go on for long. */
function judge(start: string, undoers: ReadonlyMap<string, readonly string[]>, undone: Map<string, boolean>): void {
  const open = [start];
  const seen = new Set(open);
  while (open.length > 0) {
    const commit = open.at(-1)!;
    const next = undone.has(commit) ? undefined : undoers.get(commit)?.find((by) => !undone.has(by) && !seen.has(by));
    if (next !== undefined) {
      open.push(next);
      seen.add(next);
      continue;
    }
    open.pop();
    if (!undone.has(commit))
      undone.set(
        commit,
        (undoers.get(commit) ?? []).some((by) => undone.get(by) !== true),
      );
  }
}
