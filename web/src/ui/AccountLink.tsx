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
  <Link to="/programs/$program/accounts/$account" params={{ program, account }}>
    {name ?? account}
  </Link>
);
