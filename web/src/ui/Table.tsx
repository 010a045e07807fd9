import { Empty } from './Panel.tsx';

export interface Column<Row> {
  readonly name: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** Goes first where the screen is too narrow for all. */
  readonly wide?: boolean;
  /** Only there; for what stands in `wide` ones otherwise. */
  readonly narrow?: boolean;
  readonly cell: (row: Row) => React.ReactNode;
}

/** A table of a page of rows. It scrolls within itself where the screen is narrow. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  empty = 'There is nothing yet.',
  foot,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row, index: number) => string | number;
  empty?: React.ReactNode;
  /** The last row, which sums up: a cell for each column. */
  foot?: readonly React.ReactNode[];
}) {
  if (rows.length === 0) return <Empty>{empty}</Empty>;
  const classOf = ({ right, wide, narrow }: Column<Row>): string =>
    [right && 'right', wide && 'wide', narrow && 'narrow'].filter(Boolean).join(' ');
  return (
    <section className="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={keyOf(row, index)}>
              {columns.map((column) => (
                <td key={column.name} className={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {foot !== undefined && (
          <tfoot>
            <tr>
              {columns.map((column, index) => (
                <td key={column.name} className={classOf(column)}>
                  {foot[index]}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}
