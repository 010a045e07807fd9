import type { SubmitEvent } from 'react';

/** Texts of a form that was submitted, without the empty ones; the page stays. */
export function fieldsOf(event: SubmitEvent<HTMLFormElement>): Readonly<Record<string, string>> {
  event.preventDefault();
  const texts = [...new FormData(event.currentTarget)].map(([name, value]) => [
    name,
    typeof value === 'string' ? value.trim() : '',
  ]);
  return Object.fromEntries(texts.filter(([, text]) => text !== ''));
}
