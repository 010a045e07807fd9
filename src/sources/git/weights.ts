/**
 * Weights by prefix that suit a repository; they multiply what records say. A repository and a merge mint nothing: what a
 * merge brings has minted already. People mint nothing by the rules of cred.
 */
export const gitWeights = {
  nodes: [
    { address: 'git/commit', weight: '1' },
    { address: 'git/merge', weight: '0' },
    { address: 'git/repository', weight: '0' },
  ],
  edges: [
    { address: 'git/authors', forward: '1', backward: '0.125' },
    { address: 'git/coauthors', forward: '1', backward: '0.125' },
    { address: 'git/merged-by', forward: '0.25', backward: '0.125' },
    { address: 'git/builds-on', forward: '0.125', backward: '0' },
    { address: 'git/merges', forward: '1', backward: '0' },
    { address: 'git/contains', forward: '1', backward: '0' },
    { address: 'git/reverts', forward: '0', backward: '0' },
  ],
} as const;
