import type { Halt } from '../api/types.ts';

/** A halt, impossible to miss: what happened, and what to do. */
export function HaltBanner({ program, halt }: { program: string; halt: Halt }) {
  return (
    <div className="halt" role="alert">
      <h2>
        {program} is halted in period {halt.period}
      </h2>
      <p>{halt.message}</p>
      <p>
        <code>{halt.code}</code> Nothing was half done, and nothing is paid until somebody acts. Mend what the message
        says, then log a <code>resume</code>:
      </p>
      <pre>prorata resume --program {program} --reason &quot;...&quot;</pre>
    </div>
  );
}
