/** What to do about an error, where one thing is most likely meant. Codes without a line here say all in their message. */
const hints: Readonly<Record<string, string>> = {
  usage: 'see `prorata --help`, or `prorata COMMAND --help`.',
  unexpected:
    'this is a defect of Prorata: please report it with the text above. Nothing was half done: a step is one transaction.',
  interrupted: 'repeat the same command: it goes on where it stopped.',
  'config-not-found': '`prorata init` writes one; --config FILE names another.',
  'config-invalid': 'mend these keys; `prorata check` reads the file again.',
  'store-not-found': '`prorata ingest FILE` or `prorata apply` makes one; --store FILE names another.',
  'store-empty': '`prorata apply` makes the program of prorata.yaml, `prorata import FILE` reads an export.',
  'store-moved': 'see which file is the right one, put it in its place, and start again.',
  'store-busy': 'wait until the other process has ended, and repeat. Nothing was changed.',
  'store-full': 'free some room on the disk, and repeat. Nothing was changed.',
  'store-newer': 'use the Prorata that wrote the store, or a newer one.',
  'store-older': 'any command that writes (say `prorata advance`) brings it up to date.',
  'program-unknown':
    '`prorata programs` lists them; --program NAME chooses; `prorata apply` makes the one of prorata.yaml.',
  'program-exists': '`prorata apply` changes what may change of a program that exists.',
  'account-unknown':
    'check the spelling; `prorata scores` lists the accounts, `prorata people show` the people of a program of contributions.',
  'cred-contribution-unknown':
    '`prorata cred top --contributions` lists them; people are asked for by `prorata cred person NAME`.',
  'cred-trapped': 'give alpha or what is named an edge out, `prorata apply`, then repeat.',
  'cred-not-converged': 'raise alpha or beta a little, `prorata apply`, then repeat.',
  'distribution-unknown':
    '`prorata people show NAME` lists the distributions that paid somebody; windows pay period-N.',
  'git-bookmark-other': 'a second repository has a bookmark of its own: --bookmark NAME, with each read of it.',
  'model-differs':
    '`prorata status` says what there is; --program NAME chooses another program. Contributions: `prorata cred` and `prorata people`; markets: `prorata crown`.',
  'tracking-disabled': '`prorata people tracking on`, before the window that pays it.',
  'advance-running': 'wait until it has ended, or let it step: `prorata serve --advance` does so by itself.',
  'recompute-running': 'wait until it has ended; `prorata cred top` answers meanwhile.',
  'period-unknown': '`prorata schedule` lists the periods.',
  'definition-fixed': 'put the old values back, or begin a new program under another name.',
  'log-moved': 'repeat the command: it looks again. Nothing was changed.',
  'lines-refused': 'mend the lines; or --partial takes the others and writes these to a file beside it.',
  'file-is-folder':
    'say what it is: `prorata ingest FOLDER --format git`, github, sourcecred or documents; of a chain `--format snapshot`.',
  'file-not-found': 'check the path; `-` is standard input.',
  'file-exists': 'name another file, or replace it with --force.',
  'insufficient-funds': '`prorata fund POOL AMOUNT`, then `prorata resume --reason TEXT` and `prorata advance`.',
  'no-recipients': 'give the pool recipients in prorata.yaml, `prorata apply`, then `prorata resume --reason TEXT`.',
  'total-score-not-positive':
    'set `on_zero_total: residual` in prorata.yaml and `prorata apply` if nobody is to get it; then `prorata resume --reason TEXT`.',
  'community-amount-not-positive': 'mend the schedule, `prorata apply`, then `prorata resume --reason TEXT`.',
  'scores-all-zero':
    'nobody could be paid: activate people (`prorata people activate NAME`), or `on_zero_total: residual` and `prorata apply`; then `prorata resume --reason TEXT`.',
  'nobody-to-pay':
    'activate somebody (`prorata people activate NAME`), or `on_zero_total: residual` and `prorata apply`; then `prorata resume --reason TEXT`.',
  'recipient-unknown':
    '`prorata people show` lists who there is; mend `sharing` and `prorata apply`; after a halt `prorata resume --reason TEXT`.',
  'score-sum-differs': '`prorata verify` says what does not add up; nothing was paid.',
  'host-not-loopback': '`prorata token create NAME --role ROLE` makes a token; or an address of loopback.',
  'token-not-found': '`prorata token list` lists them.',
  'token-name-taken': '`prorata token revoke NAME` ends that one.',
  'invalid-authority': 'say who you are with --by NAME.',
};

export function hintFor(code: string): string | undefined {
  return hints[code];
}
