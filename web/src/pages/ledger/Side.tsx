import { AccountLink } from '../../ui/AccountLink.tsx';

/** One side of a posting: `pool:community`, `stake:alice`, `residual`. */
export function Side({ program, side, name }: { program: string; side: string; name?: string | undefined }) {
  const colon = side.indexOf(':');
  const [kind, of] = colon < 0 ? [side, ''] : [side.slice(0, colon), side.slice(colon + 1)];
  const earner = kind === 'stake' || kind === 'liquid';
  return (
    <span className="side" title={name ?? of}>
      <span className="unit">{kind}</span> {earner ? <AccountLink program={program} account={of} name={name} /> : of}
    </span>
  );
}
