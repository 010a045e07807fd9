/** Periods as the grid shows them, seconds; `running` is the one after the newest of them, as far as it has begun. */
export function stagesOf(
  periods: readonly { readonly period: number; readonly start: string | null; readonly boundary: string }[],
  running: number,
): { readonly from: number; readonly to: number; readonly name: string }[] {
  const stages = periods.map(({ period, start, boundary }) => ({
    from: start === null ? 0 : Date.parse(start) / 1000,
    to: Date.parse(boundary) / 1000,
    name: `period ${period}`,
  }));
  const last = periods.at(-1)?.period ?? 0;
  if (running <= last) return stages;
  return [...stages, { from: stages.at(-1)?.to ?? 0, to: Infinity, name: `period ${running}` }];
}
