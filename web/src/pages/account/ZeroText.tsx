import { grouped } from '../../lib/amount.ts';
import { zeroWords } from './words.ts';

/** Why there is nothing, in words. */
export const ZeroText = ({ zero }: { zero: { text: string; code: string } | { reason: string; seconds: number } }) =>
  'code' in zero ? (
    <>
      {zero.text} <code>{zero.code}</code>
    </>
  ) : (
    <>
      {zeroWords[zero.reason] ?? zero.reason} for {grouped(zero.seconds)} s over all lanes <code>{zero.reason}</code>
    </>
  );
