import { addressOf } from '../../core/scoring/cred/address.ts';

export type GitNodeKind = 'repository' | 'commit' | 'merge';
export type GitEdgeKind = 'authors' | 'coauthors' | 'merged-by' | 'builds-on' | 'merges' | 'contains' | 'reverts';

const nodeKinds: readonly GitNodeKind[] = ['repository', 'commit', 'merge'];
const edgeKinds: readonly GitEdgeKind[] = [
  ...(['authors', 'coauthors', 'merged-by', 'builds-on', 'merges', 'contains', 'reverts'] as const),
];

/**
 * The address of a node or an edge of repository `name`: the kind comes before the name, so that a weight can be said for a kind
 * in all repositories (`git/commit`) and in one (`git/commit/website`).
 */
export const gitAddress = (kind: GitNodeKind | GitEdgeKind, name: string, ...more: readonly string[]): string =>
  addressOf(['git', kind, name, ...more]);

/** Under these lies everything that a read of repository `name` gives, but people: they belong to all repositories. */
export const gitPrefixes = (
  name: string,
): { readonly nodes: readonly string[]; readonly edges: readonly string[] } => ({
  nodes: nodeKinds.map((kind) => gitAddress(kind, name)),
  edges: edgeKinds.map((kind) => gitAddress(kind, name)),
});
