import { useId } from 'react';

/** A part of a page with its heading; `aside` stands beside the heading. */
export function Panel({
  title,
  aside,
  note,
  children,
  className = '',
}: {
  title: string;
  aside?: React.ReactNode;
  note?: React.ReactNode;
  children: React.ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="aside">{aside}</div>}
      </header>
      {note !== undefined && <p className="note">{note}</p>}
      {children}
    </section>
  );
}

/** A figure with its name, in a row of such. */
export function Figure({ name, children, hint }: { name: string; children: React.ReactNode; hint?: React.ReactNode }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{children}</dd>
      {hint !== undefined && <dd className="hint">{hint}</dd>}
    </div>
  );
}

export const Figures = ({ children }: { children: React.ReactNode }) => <dl className="figures">{children}</dl>;

type Tone = 'good' | 'bad' | 'warn' | 'plain' | 'accent';

/** A word about a state; the colour repeats what the word says. */
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: React.ReactNode }) => (
  <span className={`badge ${tone}`}>{children}</span>
);

export const Empty = ({ children }: { children: React.ReactNode }) => <p className="empty">{children}</p>;
