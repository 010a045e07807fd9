import { useState, useSyncExternalStore } from 'react';
import { refused, token } from '../api/client.ts';
import { useSession } from '../api/queries.ts';

/** Asks for an API token once the server wants one; else shows the dashboard. */
export function SignIn({ children }: { children: React.ReactNode }) {
  const refusal = useSyncExternalStore(refused.watch, refused.get);
  const { data: session, isPending, failureCount } = useSession();
  const [text, setText] = useState('');
  if (refusal === null) {
    if (isPending && failureCount === 0) return null;
    if (session?.role !== null && session?.role !== 'ingester') return children;
  }
  const why =
    session?.role === 'ingester'
      ? `The token ${session.token?.name ?? ''} may append facts and read nothing.`
      : token.get() !== null && refusal?.message;
  return (
    <main className="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          token.set(text.trim());
          location.reload();
        }}
      >
        <h1>Prorata</h1>
        <p>This server asks for an API token. Whoever runs it makes one:</p>
        <pre>prorata token create NAME --role reader</pre>
        <label>
          API token
          <input
            type="password"
            autoComplete="current-password"
            value={text}
            onChange={(event) => setText(event.target.value)}
            required
          />
        </label>
        {why && <p role="alert">{why}</p>}
        <button type="submit" className="primary">
          Sign in
        </button>
        <p className="note">It is kept in this tab alone, and forgotten with it.</p>
      </form>
    </main>
  );
}
