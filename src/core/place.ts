/** Whether a store is named by where a PostgreSQL server keeps it, not by a path. */
export const isServerUrl = (store: string): boolean => /^postgres(ql)?:\/\//i.test(store);

/** The text of a URL with its password left out, also where it is no URL that can be read: what people may see. A path is as it was. */
export function withoutPassword(text: string): string {
  if (!isServerUrl(text)) return text;
  return text.replace(/^([a-z]+:\/\/[^/?#@:]*):[^/]*@/i, '$1@').replace(/([?&]password=)[^&]*/gi, '$1');
}
