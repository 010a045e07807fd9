import type { Strategy } from './measures.ts';

/** The mark of a strategy around (x, y): circle, square, triangle, diamond. */
export function Mark({ strategy, x, y, size = 5 }: { strategy: Strategy; x: number; y: number; size?: number }) {
  const className = `mark ${strategy}`;
  switch (strategy) {
    case 'cut':
      return <circle className={className} cx={x} cy={y} r={size} />;
    case 'copy':
      return <rect className={className} x={x - size} y={y - size} width={2 * size} height={2 * size} />;
    case 'double-buffer':
      return <path className={className} d={`M${x} ${y - size * 1.2}l${size * 1.2} ${size * 2.1}h${-size * 2.4}z`} />;
    case 'generations':
      return (
        <path
          className={className}
          d={`M${x} ${y - size * 1.35}l${size * 1.35} ${size * 1.35}l${-size * 1.35} ${size * 1.35}l${-size * 1.35} ${-size * 1.35}z`}
        />
      );
  }
}

/** The name of a strategy beside its mark. */
export const Named = ({ strategy }: { strategy: Strategy }) => (
  <span className="named">
    <InlineMark strategy={strategy} /> {strategy}
  </span>
);

/** A mark beside a name, in running text. */
const InlineMark = ({ strategy }: { strategy: Strategy }) => (
  <svg className="inline-mark" width={16} height={16} aria-hidden>
    <Mark strategy={strategy} x={8} y={8} />
  </svg>
);
