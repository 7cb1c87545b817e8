import { describe, expect, it } from 'vitest';
import {
  availability,
  cutStream,
  failRequests,
  simulate,
  stallStream,
  streamError,
  type Scenario,
  type TargetContext,
} from '../../harness/index.ts';
import { answer, askModel, smallFunction } from '../run/small-function.ts';
import { smallScenario } from '../run/small-world.ts';

const part = 'model-server';
/** Of ten answers of the model, so many go wrong: too many for 99 %, few enough for four attempts. */
const share = 0.1;

/** Long enough for a verdict. */
const scenario: Scenario = {
  ...smallScenario,
  phases: { warmUpMs: 500, baselineMs: 1000, faultMs: 12_000, holdMs: 500, recoveryMs: 1000 },
  objectives: [availability({ of: 'ask', atLeast: 0.99, during: 'fault' })],
};

/** An answer of the model that says that it is whole. It gives up when nothing has come for `patienceMs`. */
async function wholeAnswer(context: TargetContext, patienceMs: number): Promise<boolean> {
  const response = await askModel(context);
  const reader = response.body?.getReader();
  if (!response.ok || !reader) return false;
  let text = '';
  const tooLong = Symbol('too long');
  for (;;) {
    const silence = patienceMs === Infinity ? [] : [context.clock.sleep(patienceMs).then(() => tooLong)];
    const read = await Promise.race([reader.read(), ...silence]);
    if (typeof read === 'symbol') {
      await reader.cancel();
      return false;
    }
    if (read.done) return text.includes('"finish_reason":"') && text.includes('[DONE]') && !text.includes('"error"');
    text += Buffer.from(read.value).toString();
  }
}

/** Asks again where the model did not answer, so often, and has such patience. */
const workload = (attempts: number, patienceMs: number) =>
  smallFunction({
    ask: async (_request, context) => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const isWhole = await wholeAnswer(context, patienceMs).catch(() => false);
        if (isWhole) return answer();
      }
      return new Response('the model did not answer', { status: 502 });
    },
  });

/** The verdict on a workload under a fault, and how many requests the fault was done to. */
async function judged(target: ReturnType<typeof workload>, fault: Scenario['faults'][number]) {
  const { record } = await simulate({ ...scenario, faults: [fault] }, { target, seed: 5 });
  const [receipt] = record.receipts;
  return { outcome: record.verdict.outcome, invalid: record.verdict.invalidReasons, receipt };
}

describe.each([
  { name: 'streams that end too soon', fault: cutStream({ part, share, afterEvents: 3 }) },
  {
    name: 'connections that are closed in the middle',
    fault: cutStream({ part, share, afterEvents: 3, how: 'close' }),
  },
  { name: 'errors in streams', fault: streamError({ part, share, afterEvents: 3, vendor: 'vllm' }) },
  { name: 'requests that fail', fault: failRequests({ part, share, vendor: 'openai' }) },
])('$name', ({ fault }) => {
  it('fail a workload that asks once, and not one that sees it and asks again', async () => {
    const broken = await judged(workload(1, Infinity), fault);
    expect(broken).toMatchObject({ outcome: 'fail', invalid: [] });
    const healthy = await judged(workload(4, Infinity), fault);
    expect(healthy).toMatchObject({ outcome: 'pass', invalid: [] });
    // Each question is one request of the one, and of the other one more for each that went wrong.
    expect(broken.receipt?.seen).toBeGreaterThan(400);
    expect(healthy.receipt?.seen).toBeGreaterThan(broken.receipt?.seen ?? Infinity);
    expect(healthy.receipt?.altered).toBeGreaterThan(25);
  });
});

describe('streams that stand still', () => {
  const fault = stallStream({ part, share, afterEvents: 3 });

  it('fail a workload that waits for them, also if it would ask again, and not one that has no such patience', async () => {
    expect(await judged(workload(4, Infinity), fault)).toMatchObject({ outcome: 'fail', invalid: [] });
    expect(await judged(workload(4, 200), fault)).toMatchObject({ outcome: 'pass', invalid: [] });
  });
});

describe('a fault of streams at a part that streams nothing', () => {
  it('makes the run invalid: it never bit', async () => {
    const target = smallFunction({
      ask: async (_request, context) => {
        await (await askModel(context, false)).text();
        return answer();
      },
    });
    const { outcome, invalid } = await judged(target, cutStream({ part }));
    expect(outcome).toBe('invalid');
    expect(invalid.join()).toMatch(/The fault "cut-streams" at model-server altered nothing \(it saw \d{3}\)/);
  });
});
