import { useState } from 'react';
import type { Asset } from '../api/types.ts';
import { grouped, tokens, tokensShort } from '../lib/amount.ts';

/**
 * An amount in tokens, exact, the integer of smallest units at hand: it stands in the title, and a click copies it. `places`: with
 * the zeros at the end, so that amounts below each other line up.
 */
export function Amount({ units, asset, places = false }: { units: string; asset: Asset; places?: boolean }) {
  const text = places ? tokens(units, asset) : tokensShort(units, asset);
  return (
    <Exact value={units} says={`${grouped(units)} smallest units of ${asset.symbol}`}>
      {text} <span className="unit">{asset.symbol}</span>
    </Exact>
  );
}

/** A whole number that is long: in groups, with the plain digits to copy. */
export function Whole({ value, says = '' }: { value: string; says?: string }) {
  return (
    <Exact value={value} says={says}>
      {grouped(value)}
    </Exact>
  );
}

/** Something short that stands for an exact value, which a click copies. */
export function Exact({ value, says, children }: { value: string; says: string; children: React.ReactNode }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(value).catch(() => {});
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  };
  return (
    <button
      type="button"
      className="exact"
      title={`${says === '' ? '' : `${says}\n`}${value}\nclick to copy`}
      onClick={() => void copy()}
    >
      {children}
      {copied && <output className="copied">copied {value}</output>}
    </button>
  );
}
