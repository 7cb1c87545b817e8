import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { simulate, type SimulatedRun } from '../../harness/index.ts';
import { endedBy, virtualExits } from '../../harness/kit/virtual/process-ends.ts';
import { answered, askModel, answer, smallFunction, type Misbehaviour } from './small-function.ts';
import { smallScenario } from './small-world.ts';

function simulated(misbehaviour: Misbehaviour): Promise<SimulatedRun> {
  return simulate(smallScenario, { target: smallFunction(misbehaviour), seed: 7 });
}

/** The message of what it throws. */
async function failureOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'It came to its end.',
    (cause: unknown) => String(cause),
  );
}

/** Does something at the twentieth question. */
function atOneQuestion(wrong: () => unknown): Misbehaviour {
  let asked = 0;
  return {
    ask: async (_, context) => {
      asked += 1;
      if (asked === 20) await wrong();
      return answered(context);
    },
  };
}

function goodOf({ samples }: SimulatedRun): number {
  return samples.filter(({ outcome }) => outcome.kind === 'good').length;
}

describe('a target in virtual time that ends by itself', () => {
  it.each([
    ['process.exit(0)', () => process.exit(0), 'ended by process.exit(0)'],
    [
      'an error in a timer',
      () => setTimeout(() => { throw new Error('in a timer'); }, 5), // prettier-ignore
      'ended by an error that nobody caught: Error: in a timer\n    at ',
    ],
  ])('is dead from then on, as a process is, and the run is judged: %s', async (_, wrong, how) => {
    const run = await simulated(atOneQuestion(wrong));
    expect(run.record.processes).toEqual([
      {
        name: 'target',
        output: null,
        died: expect.stringContaining(how) as string,
        diedAtMs: expect.any(Number) as number,
      },
    ]);
    expect(goodOf(run)).toBeLessThan(25);
    expect(run.record.verdict.outcome).not.toBe('pass');
  });

  describe('whose errors nobody catches', () => {
    const wrongs = ['nobody handles me', 'in a tick', 'in a microtask'];
    let printed: string[];
    beforeAll(async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        join(import.meta.dirname, 'uncaught-process.ts'),
      ]);
      printed = stdout.trim().split('\n');
    });

    it.each([...wrongs.entries()])('is dead from then on, too: %d, %s', (index, wrong) => {
      const found = JSON.parse(printed[index] ?? '') as {
        outcome: string;
        good: number;
        processes: { died: string }[];
      };
      expect(found.processes[0]?.died).toContain(`ended by an error that nobody caught: Error: ${wrong}`);
      expect(found.good).toBeLessThan(25);
      expect(found.outcome).not.toBe('pass');
    });
  });

  it('lives to the end where nothing goes wrong', async () => {
    const run = await simulated({});
    expect(run.record.processes).toEqual([{ name: 'target', output: null, died: null, diedAtMs: null }]);
  });

  it('is told of as what it threw, whatever that was', () => {
    expect(endedBy({ code: 'E_X' })).toBe("ended by an error that nobody caught: { code: 'E_X' }");
    expect(endedBy(Object.create(null))).toContain('ended by an error that nobody caught: [Object: null prototype] {}');
    const told = endedBy(new Error('two lines\n    at the market'));
    expect(told.split('at the market')).toHaveLength(2);
    expect(told).toMatch(/\n +at .*ends-of-a-target/);
    expect(told).not.toContain('node:');
  });

  it.each([
    ['process.exit(3) in its stop()', { stop: async () => process.exit(3) }],
    [
      'process.exit(3) in its stop(), a moment later',
      {
        stop: async () => {
          await new Promise((resolve) => setTimeout(resolve, 10));
          process.exit(3);
        },
      },
    ],
  ])('has stopped as well as any other: %s', async (_, misbehaviour) => {
    const { record } = await simulated(misbehaviour);
    expect([record.notes, record.processes[0]?.died]).toEqual([[], null]);
  });

  it('is not started where it ends while it is made', async () => {
    const broken = simulated({ create: async () => process.exit(2) });
    expect(await failureOf(broken)).toContain('small function could not be started: what makes it (CreateTarget)');
  });

  it('leaves process.exit, process.kill and the exit code as they were', async () => {
    const found = (): unknown[] =>
      ['exit', 'abort', 'kill', 'exitCode'].map((key): unknown => Reflect.get(process, key));
    const before = found();
    await simulated({ create: async () => void (process.exitCode = 5) });
    expect(found()).toEqual(before);
  });
});

describe('the end of a process', () => {
  it('is that of this process where it is nobody else’s', () => {
    const real = [vi.spyOn(process, 'exit'), vi.spyOn(process, 'abort')].map((spy) =>
      spy.mockReturnValue(undefined as never),
    );
    const killed = vi.spyOn(process, 'kill').mockReturnValue(true);
    const ends = Object.fromEntries(
      virtualExits(
        () => false,
        () => undefined,
      ).map((end) => [end.key, 'value' in end ? end.value : undefined]),
    );
    for (const [key, values] of [
      ['exit', [7]],
      ['abort', []],
      ['kill', [process.pid]],
    ] as const)
      // prettier-ignore
      (ends[key] as (...given: readonly number[]) => void)(...values);
    expect(real.map((spy) => spy.mock.calls)).toEqual([[[7]], [[]]]);
    expect(killed.mock.calls).toEqual([[process.pid, 'SIGTERM']]);
    vi.restoreAllMocks();
  });

  it('is not asked for by a look whether it lives', () => {
    const ended: string[] = [];
    const kill = virtualExits(
      (how) => ended.push(how) > 0,
      () => undefined,
    ).find(({ key }) => key === 'kill');
    (kill && 'value' in kill ? (kill.value as typeof process.kill) : undefined)?.(process.pid, 0);
    expect(ended).toEqual([]);
  });
});

describe('a target that throws', () => {
  it('in place of answers is told of in the notes, with the first error and where it was', async () => {
    const { record } = await simulated(
      atOneQuestion(() => {
        throw new Error('the handler broke');
      }),
    );
    expect(record.notes).toEqual([
      expect.stringMatching(
        /^In place of answers the target threw an error: the handler broke \(at .*ends-of-a-target/,
      ),
    ]);
  });

  it('nothing, but gives no response either, is told so', async () => {
    const { record } = await simulated({ ask: () => Promise.resolve('text' as never) });
    expect(record.notes[0]).toMatch(
      /threw \d+ errors, the first of them: its fetch\(\) gave a value of type string in place of a Response/,
    );
  });

  it('when it is made is a mistake of the target by its name', async () => {
    const broken = simulated({ create: () => Promise.reject(new Error('no database')) });
    expect(await failureOf(broken)).toContain(
      'small function could not be started: what makes it (CreateTarget) threw: no database',
    );
  });

  it('nothing, but is no target at all, is told what it lacks', async () => {
    const target = { ...smallFunction(), inProcess: () => Promise.resolve(() => Promise.resolve({ fetch: answer })) };
    const run = simulate(smallScenario, { target: target as never, seed: 7 });
    expect(await failureOf(run)).toContain('gave something without stop()');
  });
});

describe('a target that sends again and again without a pause', () => {
  const again = (send: () => Promise<Response>): Misbehaviour =>
    atOneQuestion(async () => {
      for (;;) {
        const status = await send().then((response) => response.status, () => 0); // prettier-ignore
        if (status === 299) break;
      }
    });

  it.each([
    ['where nobody listens', () => fetch('http://127.0.0.1:9/x'), 'GET http://127.0.0.1:9/x'],
    ['to a name that nobody has', () => fetch('http://nowhere.test/x'), 'GET http://nowhere.test/x'],
    [
      'with a signal that has aborted',
      () => fetch('http://127.0.0.1:9/late', { method: 'POST', signal: AbortSignal.abort() }),
      'POST http://127.0.0.1:9/late',
    ],
    ['to what is no address', () => fetch('nowhere at all'), 'GET nowhere at all'],
  ])('is stopped, and named: %s', async (_, send, request) => {
    const failure = await failureOf(simulated(again(send)));
    expect(failure).toContain('20000 requests have been sent at one moment');
    expect(failure).toContain(request);
    expect(failure).toMatch(/It was done by:\n.*ends-of-a-target/);
  });

  it('is stopped also where it is answered at once', async () => {
    let url = '';
    const looping = again(() => fetch(url));
    const failure = await failureOf(
      simulated({
        ...looping,
        create: (context) => {
          url = `${context.environment['OPENAI_BASE_URL'] ?? ''}/models`;
          return Promise.resolve();
        },
      }),
    );
    expect(failure).toContain('requests have been sent at one moment');
  });

  it('is not stopped where it pauses', async () => {
    let sent = 0;
    const run = await simulated({
      ask: async (_, context) => {
        for (let tries = 0; tries < 160; tries++) {
          sent += 1;
          await fetch('http://127.0.0.1:9/x').catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        await (await askModel(context)).text();
        return answer();
      },
    });
    expect(sent).toBeGreaterThan(20_000);
    expect(goodOf(run)).toBeGreaterThan(100);
  });
});
