/** How far something is, 0 to 1, with words that say it. */
export const Progress = ({ part, says }: { part: number; says: string }) => (
  <progress value={Math.min(1, Math.max(0, part))} max={1} aria-label={says} />
);
