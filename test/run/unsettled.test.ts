import { describe, expect, it } from 'vitest';
import { modelServer } from '../../fakes/models/spec.ts';
import { simulate } from '../../harness/index.ts';
import { answer, askModel, smallFunction, type Misbehaviour } from './small-function.ts';
import { smallScenario } from './small-world.ts';

/** The notes of a simulated run with a target that misbehaves. */
async function notesWith(misbehaviour: Misbehaviour): Promise<readonly string[]> {
  const { record } = await simulate(smallScenario, { target: smallFunction(misbehaviour), seed: 7 });
  return record.notes;
}

/** How a simulated run ends that cannot go on. */
async function endOf(misbehaviour: Misbehaviour): Promise<string> {
  const run = simulate(smallScenario, { target: smallFunction(misbehaviour), seed: 7 });
  return run.then(
    () => 'It came to its end.',
    (cause: unknown) => String(cause),
  );
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('what a target never settles', () => {
  it('is nothing where it answers and stops', async () => {
    expect(await notesWith({})).toEqual([]);
  });

  it('is nothing where its process would be running already, since the function is started all the same', async () => {
    const target = { ...smallFunction(), start: { kind: 'url', url: 'http://127.0.0.1:1' } } as const;
    const { record, samples } = await simulate(smallScenario, { target, seed: 7 });
    expect(samples.filter(({ outcome }) => outcome.kind === 'good').length).toBeGreaterThan(100);
    expect(record.notes).toEqual([]);
  });

  it('is named where calls never return, with their count and the first of them', async () => {
    let asked = 0;
    const notes = await notesWith({
      ask: async (_, context) => {
        await (await askModel(context)).text();
        asked += 1;
        return asked <= 5 ? never() : answer();
      },
    });
    expect(notes).toEqual([
      expect.stringMatching(
        /^Left behind at the end: 5 calls of the target have not returned: POST \/ask \(since \d+ ms\), .* and 2 more\.$/,
      ),
    ]);
  });

  it('is named where answers are not read to their end', async () => {
    let asked = 0;
    const notes = await notesWith({
      ask: async (_, context) => {
        asked += 1;
        if (asked <= 2) await askModel(context);
        return answer();
      },
    });
    expect(notes).toEqual([
      expect.stringMatching(
        /^Left behind at the end: 2 answers have not been read to the end by the target: POST http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/,
      ),
    ]);
  });

  it('is named where requests have no answer', async () => {
    // A model that takes a minute for each step answers nothing before the end.
    const parts = [modelServer({ engine: { stepOverheadMs: 60_000 } })];
    const scenario = { ...smallScenario, world: { ...smallScenario.world, parts } };
    const target = smallFunction({
      ask: async (_, context) => {
        askModel(context, false).catch(() => undefined);
        return answer();
      },
    });
    const { record } = await simulate(scenario, { target, seed: 7 });
    expect(record.notes.join('\n')).toMatch(/\d+ requests of the target have no answer: POST http:\/\/127/);
  });

  it('is named where its stop() does not return, and the run is judged nevertheless', async () => {
    const { record } = await simulate(smallScenario, { target: smallFunction({ stop: never }), seed: 7 });
    expect(record.notes.join('\n')).toContain(
      'Could not stop the target. Waited for stop() of the target to return: nothing after 10 s.',
    );
    expect(record.verdict.objectives).toHaveLength(2);
  });
});

describe('a run that cannot come to its end', () => {
  it('says what it was at when time stands still', async () => {
    const said = await endOf({ create: never });
    expect(said).toMatch(/small: Virtual time stands still \d+ ms after virtual time began/);
    expect(said).toMatch(/Since \d+ ms the run was at: waiting for small function\./);
  });

  it('says what happened last, what is under way, and who sets timers when it gets stuck at one moment', async () => {
    let asked = 0;
    const said = await endOf({
      ask: async () => {
        asked += 1;
        if (asked < 20) return answer();
        const spinForEver = (): void => void setImmediate(spinForEver);
        spinForEver();
        return never();
      },
    });
    expect(said).toMatch(/100000 timers have fired \d+(\.\d+)? ms after virtual time began, and there are always more/);
    expect(said).toMatch(/200 times, next due at .*\n +at .*spinForEver .*unsettled\.test\.ts/);
    expect(said).toMatch(/the run was at: the phase "(warm-up|baseline)"\./);
    expect(said).toMatch(/Under way: 1 call of the target has not returned: POST \/ask/);
    expect(said).toMatch(/The last events:\n( {2}-?\d+ ms: .*\n?){10}/);
    expect(said).toMatch(/\d+ ms: POST \/ask came to the target/);
    expect(said).toMatch(/\d+ ms: ask, due at \d+ ms: good/);
  });

  it('says who sets timers when it schedules without end', async () => {
    const said = await endOf({
      create: async () => {
        const lookAgain = (): void => void setTimeout(lookAgain, 50);
        lookAgain();
        return never();
      },
    });
    expect(said).toMatch(/does not come to an end: after \d+ ms the work is not settled, and 1 timers are waiting/);
    expect(said).toContain('lookAgain');
    expect(said).toMatch(/the run was at: waiting for small function\./);
  });
});
