import type { EdgeRule, NodeRule } from '../../core/scoring/cred/weights.ts';
import type { ReactionContent } from './item.ts';

/** By how much of a person's cred goes to what they react to so. */
const reactions: Readonly<Record<ReactionContent, number>> = {
  '+1': 1,
  heart: 2,
  hooray: 4,
  rocket: 1,
  laugh: 0.5,
  eyes: 0.5,
  '-1': 0,
  confused: 0,
};

/**
 * Rules of weight to begin with. Pull requests, reviews, issues and comments mint; people, repositories and reactions do not.
 * Those for authors, parents, references and reactions are near what SourceCred's own instance had; -1 and confused count nothing,
 * not even where a community lets reactions mint.
 */
export const githubWeights: { readonly nodes: readonly NodeRule[]; readonly edges: readonly EdgeRule[] } = {
  nodes: [
    { address: 'github/user', weight: 0 },
    { address: 'github/repo', weight: 0 },
    { address: 'github/issue', weight: 1 },
    { address: 'github/pull', weight: 4 },
    { address: 'github/review', weight: 2 },
    { address: 'github/comment', weight: 0.5 },
    { address: 'github/review-comment', weight: 0.5 },
    { address: 'github/reaction', weight: 0 },
    { address: 'github/reaction/-1', weight: 0 },
    { address: 'github/reaction/confused', weight: 0 },
  ],
  edges: [
    { address: 'github/authors', forward: 0.5, backward: 1 },
    { address: 'github/belongs-to', forward: 0.125, backward: 0.125 },
    { address: 'github/comments-on', forward: 1, backward: 0.25 },
    { address: 'github/reviews', forward: 1, backward: 0.5 },
    { address: 'github/references', forward: 1, backward: 0 },
    { address: 'github/closes', forward: 1, backward: 0.5 },
    { address: 'github/mentions', forward: 0.25, backward: 0 },
    { address: 'github/merged-as', forward: 0.5, backward: 1 },
    ...Object.entries(reactions).flatMap(([content, weight]): EdgeRule[] => [
      { address: `github/reacts/${content}`, forward: weight, backward: 0 },
      { address: `github/reacts-to/${content}`, forward: weight === 0 ? 0 : 1, backward: 0 },
    ]),
  ],
};
