import { Link } from '@tanstack/react-router';

/** An account by its name, or what people call it; leads to its page. */
export const AccountLink = ({
  program,
  account,
  name,
}: {
  program: string;
  account: string;
  name?: string | undefined;
}) => (
  <Link
    className="account"
    to={`/programs/${encodeURIComponent(program)}/accounts/${encodeURIComponent(account)}` as string}
  >
    {name ?? account}
  </Link>
);
