/** Why an event was not taken. A value, not an exception: whoever ingests decides what a refused line means. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** The field of the event that is to blame, where it is one. */
  readonly field?: string;
}

/** The refusal alone, of something that says more. */
export const asRefusal = ({ code, message, field }: Refusal): Refusal => refuse(code, message, field);

export function refuse(code: string, message: string, field?: string): Refusal {
  return field === undefined ? { code, message } : { code, message, field };
}
