/** What whoever has an API token may do: read everything; append facts, and nothing else; everything. */
export const roles = ['reader', 'ingester', 'operator'] as const;
export type Role = (typeof roles)[number];

/** Whether somebody of role `has` may do what is for role `needed`. */
export const mayDo = (has: Role, needed: Role): boolean => has === 'operator' || has === needed;
