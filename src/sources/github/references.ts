/** An issue or pull request that a text names; with `comment`, something said in it. */
export interface ThreadReference {
  /** Null: in the repository of the text itself. Lower case. */
  readonly owner: string | null;
  readonly repo: string | null;
  readonly number: number;
  /** The fragment of the link, such as `issuecomment-9`; null: the thread itself. */
  readonly fragment: string | null;
  /** Behind a word that closes issues, such as "fixes". */
  readonly closes: boolean;
}

export interface References {
  readonly threads: readonly ThreadReference[];
  /** Logins in lower case. */
  readonly mentions: readonly string[];
}

const closing = String.raw`(?<closes>\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+)?`;
const name = String.raw`[\w.-]{1,100}`;
/** A link, `owner/repo#7`, `#7` or `GH-7`. */
const threadPattern = new RegExp(
  String.raw`${closing}(?:https?://[\w.-]+/(?<linkOwner>${name})/(?<linkRepo>${name})/(?:issues|pull)/(?<link>\d{1,9})(?![\w])(?:/[\w/-]*)?(?:\?[\w=&-]*)?(?:#(?<fragment>[\w-]+))?|(?<![\w./#&-])(?:(?<owner>${name})/(?<repo>${name}))?#(?<plain>\d{1,9})(?![\w-])|(?<![\w/-])GH-(?<gh>\d{1,9})(?![\w-]))`,
  'gi',
);
const mentionPattern = /(?<![\w@/.`-])@([a-z\d](?:[a-z\d]|[-_](?=[a-z\d])){0,63})(?![\w/-])/gi;

/**
 * What a text in GitHub's Markdown names. Not looked at: code in backticks or fences, HTML comments (which templates are full of),
 * lines that quote others (`>`), other links. Teams (`@owner/team`) are nobody.
 */
export function referencesIn(text: string): References {
  const own = withoutCode(withoutQuotes(withoutComments(text)));
  const threads = [...own.matchAll(threadPattern)].map(({ groups: found }): ThreadReference => {
    const { linkOwner, linkRepo, link, fragment, owner, repo, plain, gh, closes } = found!;
    return {
      owner: (linkOwner ?? owner)?.toLowerCase() ?? null,
      repo: (linkRepo ?? repo)?.toLowerCase() ?? null,
      number: Number(link ?? plain ?? gh),
      fragment: fragment ?? null,
      closes: closes !== undefined,
    };
  });
  const mentions = [...own.replace(/https?:\/\/\S+/gi, ' ').matchAll(mentionPattern)];
  return { threads, mentions: [...new Set(mentions.map((found) => found[1]!.toLowerCase()))] };
}

/** One that is never closed reaches to the end, as in a browser. */
function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('<!--', at);
    if (start < 0) return kept + text.slice(at);
    kept += `${text.slice(at, start)} `;
    const end = text.indexOf('-->', start + 4);
    if (end < 0) return kept;
    at = end + 3;
  }
}

const withoutQuotes = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^ {0,3}>/.test(line))
    .join('\n');

/** Fences of three or more backticks or tildes, each up to one of the same sort that is as long; then spans within lines. */
function withoutCode(text: string): string {
  let fence = '';
  const kept: string[] = [];
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)/.exec(line);
    if (fence === '') {
      if (mark !== null && !(mark[1]!.startsWith('`') && mark[2]!.includes('`'))) fence = mark[1]!;
      else kept.push(line.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, ' '));
    } else if (mark !== null && mark[2]!.trim() === '' && mark[1]!.startsWith(fence)) fence = '';
  }
  return kept.join('\n');
}
