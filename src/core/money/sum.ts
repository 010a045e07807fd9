/** The sum of amounts or scores; 0 of none. */
export const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);
