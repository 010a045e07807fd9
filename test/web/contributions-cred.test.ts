import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  barsOf,
  credAsset,
  edgeKind,
  type Moment,
  seriesOf,
  type Source,
} from '../../web/src/pages/contributions/cred.ts';
import { flowLayout, ribbon } from '../../web/src/pages/contributions/flow-layout.ts';

const scores = { score: '1', lifetime: '1', contributions: 1 };
const source = (name: string | null, ...kinds: (string | null)[]): Source => ({
  source: name,
  ...scores,
  kinds: kinds.map((kind) => ({ kind, ...scores })),
});

describe('test/web/contributions-cred', () => {
  it('reads scores as cred where the factor is a power of ten', () => {
    assert.deepEqual(credAsset('1000000'), { symbol: 'cred', decimals: 6 });
    assert.deepEqual(credAsset('1'), { symbol: 'cred', decimals: 0 });
    assert.deepEqual(credAsset('12'), { symbol: 'units of 1/12 cred', decimals: 0 });
  });

  it('says what an edge is', () => {
    assert.deepEqual(
      ['code/reviews/850', 'sourcecred/discourse/authors/post/1', 'alone', 'a/b%2Fc/1', 'a/%'].map(edgeKind),
      ['reviews', 'authors', 'alone', 'b/c', '%'],
    );
    assert.equal(edgeKind(null), 'left to it by attribution');
  });

  it('gives every cred to one series, whatever is chosen', () => {
    const sources = [
      source('code', 'pull', 'review', 'a', 'b', 'c', 'd', 'e'),
      ...['forum', 'chat', 'wiki', 'd', 'e', 'f'].map((name) => source(name, 'x')),
      source('people', null),
      source(null, null),
    ];
    const cells = sources.flatMap((one) => one.kinds.map(({ kind }) => [one.source, kind] as const));
    for (const chosen of [undefined, ...sources.flatMap((one) => one.source ?? [])]) {
      const series = seriesOf(sources, chosen);
      assert.ok(series.length <= 7 && new Set(series.map(({ color }) => color)).size === series.length);
      for (const [of, kind] of cells) {
        const holding = series.filter(({ holds }) => holds(of, kind)).length;
        assert.equal(holding, chosen === undefined || of === chosen ? 1 : 0, `${chosen}: ${of} ${kind}`);
      }
    }
    assert.deepEqual(seriesOf(sources, 'nothing'), []);
  });

  it('takes several stretches together where there is no room for all, and loses nothing', () => {
    const any = fc.record({ length: fc.integer({ min: 0, max: 50 }), most: fc.integer({ min: 1, max: 60 }) });
    fc.assert(
      fc.property(any, ({ length, most }) => {
        const moments = Array.from({ length }, (_, i): Moment => ({
          from: `${i}`,
          to: `${i + 1}`,
          period: i,
          score: `${i}`,
          kinds: [{ source: 'code', kind: 'pull', score: `${i}` }],
        }));
        const bars = barsOf(moments, seriesOf([source('code', 'pull')], undefined), most);
        assert.ok(bars.length <= most);
        assert.equal(
          bars.reduce((sum, { score }) => sum + score, 0n),
          BigInt((length * (length - 1)) / 2),
        );
        assert.equal(
          bars.reduce((count, { stretches }) => count + stretches, 0),
          length,
        );
        for (const [nth, bar] of bars.entries()) assert.equal(bar.from, bars[nth - 1]?.to ?? '0');
      }),
    );
  });

  it('lays streams below each other, as thick as what they carry at both ends', () => {
    const flows = fc.array(fc.bigInt(0n, 10n ** 30n), { maxLength: 12 });
    fc.assert(
      fc.property(flows, flows, (into, out) => {
        const streams = (all: readonly bigint[]) => all.map((flow, nth) => ({ key: `${nth}`, flow }));
        const total = (all: readonly bigint[]): bigint => all.reduce((sum, flow) => sum + flow, 0n);
        const passed = total(into) > total(out) ? total(into) : total(out);
        const layout = flowLayout(streams(into), streams(out), { passed, bar: 200, row: 40, gap: 6 });
        for (const side of [layout.left, layout.right]) {
          for (const [nth, { top, height, outer, thick, inner }] of side.entries()) {
            assert.ok(top >= -1e-9 && top + height <= layout.height + 1e-9);
            assert.ok(outer >= top - 1e-9 && outer + thick <= top + height + 1e-9);
            assert.ok(thick >= 1 && height >= 40);
            const before = side[nth - 1];
            if (before === undefined) continue;
            assert.ok(top >= before.top + before.height + 6 - 1e-9);
            assert.ok(Math.abs(inner - before.inner - before.thick) < 1e-9);
          }
        }
      }),
    );
    const { left, bar } = flowLayout([{ key: 'a', flow: 3n }], [], { passed: 12n, bar: 200, row: 40, gap: 6 });
    assert.deepEqual(left, [{ key: 'a', top: 75, height: 50, outer: 75, inner: 0, thick: 50 }]);
    assert.deepEqual(bar, { top: 0, height: 200 });
    const path = ribbon({ x0: 0, y0: 1, x1: 10, y1: 5, thick: 2 });
    assert.equal(path, 'M0,1 C5,1 5,5 10,5 L10,7 C5,7 5,3 0,3 Z');
  });
});
