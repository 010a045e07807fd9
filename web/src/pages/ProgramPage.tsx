import { useProgram } from '../api/queries.ts';
import { programRoute } from '../router.tsx';
import { Asked } from '../ui/Asked.tsx';
import { HaltBanner } from '../ui/HaltBanner.tsx';
import { Amount } from '../ui/Amount.tsx';
import { Figure, Figures, Panel } from '../ui/Panel.tsx';

/** A program at a glance. */
export function ProgramPage() {
  const { program } = programRoute.useParams();
  return (
    <>
      <h1 className="unseen">{program}</h1>
      <Asked result={useProgram(program)}>
        {(data) => (
          <>
            {data.halted && <HaltBanner program={program} halt={data.halted} />}
            <Panel title="Pools">
              <Figures>
                {data.pools.map(({ pool, balance }) => (
                  <Figure key={pool} name={pool}>
                    <Amount units={balance} asset={data.asset} />
                  </Figure>
                ))}
              </Figures>
            </Panel>
          </>
        )}
      </Asked>
    </>
  );
}
