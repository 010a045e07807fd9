/** What became of a payout, in words. */
export const payoutReasons: Readonly<Record<string, string>> = {
  paid: 'paid',
  direct: 'paid, an equal part',
  'below-one-unit': 'less than one unit',
  'no-stake': 'no stake to deliver it to',
  carried: 'waits',
};

/** Why a market paid somebody nothing, in words. */
export const zeroWords: Readonly<Record<string, string>> = {
  excluded: 'it was excluded',
  'no-conduct': 'it held, and its conduct left nothing of it',
  'no-capacity': 'it held, and had no capacity',
  'not-eligible': 'it was not eligible',
  'not-active': 'it was not active',
  'no-quote': 'it had no quote',
  busy: 'it was busy',
  'not-routable': 'nothing could be routed at its rate',
  'not-fundable': 'its collateral was too little',
  outbid: 'others quoted better',
};

/** How a policy shares, in words. */
export const policyWords: Readonly<Record<string, string>> = {
  immediate: 'immediate: by the cred of the newest periods',
  recent: 'recent: by cred, the older the less',
  balanced: 'balanced: what is missing of a fair lifetime',
  special: 'special: to one account',
};
