/** A place on GitHub: an issue or pull request, or something said in it. */
export interface Link {
  /** In lower case. */
  readonly owner: string;
  readonly repo: string;
  /** Null: an API address of a comment, which does not say it. */
  readonly number: number | null;
  /** Said by the address; an issue's address may be that of a pull request all the same. */
  readonly pull: boolean;
  /** `issuecomment-9`, `discussion_r9`, `pullrequestreview-9`; '' for the issue or pull request itself. */
  readonly fragment: string;
}

const name = String.raw`([\w.-]+)`;
const web = new RegExp(
  String.raw`^https?://[^/\s]+/${name}/${name}/(issues|pull)/(\d{1,9})(?:[/?][^#\s]*)?(?:#(\S*))?$`,
);
const api = new RegExp(
  String.raw`^https?://[^\s]+/repos/${name}/${name}/(issues|pulls)/(comments/)?(\d{1,18})(?:/reactions)?$`,
);

/** What an address of the site or of the API leads to; null for any other value. An address of reactions leads to what they are to. */
export function linkOf(value: unknown): Link | null {
  if (typeof value !== 'string' || value.length > 1000) return null;
  const page = web.exec(value);
  if (page !== null) {
    const [, owner = '', repo = '', kind, number, fragment = ''] = page;
    return {
      owner: owner.toLowerCase(),
      repo: repo.toLowerCase(),
      number: Number(number),
      pull: kind === 'pull',
      fragment: /^(?:issuecomment-|discussion_r|pullrequestreview-)\d+$/.test(fragment) ? fragment : '',
    };
  }
  const [, owner, repo = '', kind, comment, number] = api.exec(value) ?? [];
  if (owner === undefined) return null;
  const pull = kind === 'pulls';
  return {
    owner: owner.toLowerCase(),
    repo: repo.toLowerCase(),
    number: comment === undefined ? Number(number) : null,
    pull,
    fragment: comment === undefined ? '' : `${pull ? 'discussion_r' : 'issuecomment-'}${number}`,
  };
}
