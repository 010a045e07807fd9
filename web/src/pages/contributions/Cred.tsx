import type { Asset } from '../../api/types.ts';
import { grouped, percent, tokens } from '../../lib/amount.ts';
import { Exact } from '../../ui/Amount.tsx';
import { colors } from './cred.ts';

/** Cred in a column whose name says so: with all its places, so that figures below each other line up. */
export const Cred = ({ units, asset }: { units: string; asset: Asset }) => (
  <Exact value={units} says={`${grouped(units)} units of a score`}>
    {tokens(units, asset)}
  </Exact>
);

/** A part in percent, on one line. */
export const Part = ({ of, all }: { of: string; all: string }) => <span className="part">{percent(of, all)}</span>;

/** A figure above a bar that is as long as its part, 0 to 1. */
export const Barred = ({
  part,
  color = colors.plain,
  thin = false,
  children,
}: {
  part: number;
  color?: string;
  thin?: boolean;
  children: React.ReactNode;
}) => (
  <span className={`barred ${thin ? 'thin' : ''}`}>
    {children}
    <span className="bar" aria-hidden>
      <span style={{ width: `${part * 100}%`, background: color }} />
    </span>
  </span>
);
