/** Program files to begin with, by name. Both load without a problem or a warning. */
export const templateNames = ['minimal', 'pse', 'crown', 'cred'] as const;
export type TemplateName = (typeof templateNames)[number];

const minimal = `# A reward programme: who staked what, for how long, shares what a pool owes. Amounts are in the smallest unit of the asset.
program: acme-stake
store: prorata.db

asset: {symbol: ACME, decimals: 6}

pools:
  community: {pays: score, funding: "12000000000"}
  team: {pays: recipients, recipients: [t1, t2], funding: "1200000000"}
residual: community_pool        # takes what rounding leaves

schedule:
  plan:
    start: 2025-01-15T12:00:00Z
    months: 12
    total: "13200000000"
    shares: {community: "10/11", team: "1/11"}
`;

const pse = `# A programme of 100 billion tokens of 6 decimals over 84 months: six clearing accounts, one of which pays stakers by
# stake x time. The recipients are placeholders: replace them before use.
program: pse
store: prorata.db

asset: {symbol: TOKEN, decimals: 6}

pools:
  community: {pays: score}
  foundation: {pays: recipients, recipients: [foundation1]}
  alliance: {pays: recipients, recipients: [alliance1]}
  partnership: {pays: recipients, recipients: [partnership1]}
  investors: {pays: recipients, recipients: [investors1]}
  team: {pays: recipients, recipients: [team1]}
residual: community_pool

scoring: {model: stake-time, rate: floor}

schedule:
  plan:
    start: 2024-02-15T12:00:00Z
    months: 84
    day_cap: 28
    total: "100000000000000000"
    shares: {community: "0.40", foundation: "0.30", alliance: "0.20", partnership: "0.03", investors: "0.05", team: "0.02"}
    # Each pool gets floor(share x total) and pays floor(that / 84) a month. What is left stays in the pool:
    residue: {community: "16", foundation: "12", alliance: "8", partnership: "60", investors: "44", team: "68"}

window: {settle: multi_block, strategy: cut, batch_size: 1000}
on_zero_total: halt
require_all_pools: true
`;

const crown = `# A market: whoever holds the best rate shares what a round pays, second by second. Amounts are in the smallest unit.
program: market
store: prorata.db

asset: {symbol: GOLD, decimals: 6}

pools:
  rewards: {pays: score, funding: "240000000000"}
residual: recycle               # takes what nobody earned, and what rounding leaves

scoring:
  model: crown
  rules: best-rate-tie
  directions: {tao-btc: "0.5", btc-tao: "0.5"}
  success: {exponent: 8, seconds: 2592000}

schedule:
  rounds: {start: 2025-03-01T00:00:00Z, every: 3600, count: 24, amounts: {rewards: "10000000000"}}
`;

const cred = `# A community: whoever contributed shares what a week pays, by cred. Amounts are in the smallest unit.
program: grain
store: prorata.db

asset: {symbol: GRAIN, decimals: 2}

pools:
  community:
    pays: score
    funding: "5200000"
    sharing:
      mix: {slow: "0.80", lookback: 1}   # 4/5 make up for what is missing of a lifetime, 1/5 goes by the week
residual: commons               # takes what nobody has a score for

scoring:
  model: cred
  interval: weeks
  weights:                      # by prefix of the address; they multiply along it
    nodes: {git/merge: 0, git/repository: 0}
    edges:
      git/authors: {forward: 1, backward: "0.125"}
      git/coauthors: {forward: 1, backward: "0.125"}
      git/merged-by: {forward: "0.25", backward: "0.125"}
      git/builds-on: {forward: "0.125", backward: 0}
      git/merges: {forward: 1, backward: 0}
      git/contains: {forward: 1, backward: 0}
      git/reverts: {forward: 0, backward: 0}

schedule:
  rounds: {start: 2025-01-05T00:00:00Z, every: 604800, count: 52, amounts: {community: "100000"}}
`;

const templates: Readonly<Record<TemplateName, string>> = { minimal, pse, crown, cred };

/** The text of a template. `schema`: location of program.schema.json, with which editors complete and check the file. */
export function templateText(name: TemplateName, { schema }: { readonly schema?: string } = {}): string {
  return schema === undefined ? templates[name] : `# yaml-language-server: $schema=${schema}\n${templates[name]}`;
}
