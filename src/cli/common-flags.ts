/** Options that several commands have, as their help shows them. */
export const dryRun = ['--dry-run', 'say what would happen, and change nothing'] as const;
export const at = ['--at <instant>', "when it happens (default: the newest event's or step's instant)"] as const;
export const allowFuture = ['--allow-future', "take events of more than a day after this machine's clock"] as const;
export const key = [
  '--key <key>',
  'natural key of the event (default: from its content and place in the log)',
] as const;
