import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../../fakes/workload/defects.ts';
import type { JsonObject } from '../../../harness/kit/json.ts';
import type { Call } from '../../../harness/observe/observations.ts';
import type { PartFaultReceipt, SourceState } from '../../../harness/world/types.ts';
import { readEvents } from './support/started-workload.ts';
import { workloadAmongFakes, type WorkloadAmongFakes } from './support/workload-among-fakes.ts';

interface Run {
  readonly world: WorkloadAmongFakes;
  readonly receipt: PartFaultReceipt;
  /** How each question was answered: by the document that has the answer, or not. */
  readonly answers: readonly { readonly cited: boolean; readonly correct: boolean }[];
  readonly calls: { readonly crm: readonly Call[]; readonly model: readonly Call[] };
  /** Tickets that changed at least 3 s before the end. */
  readonly wanted: SourceState['items'];
  readonly stored: ReadonlyMap<string, number>;
}

const questionsPerSecond = 4;

/** A tenth of the requests get through, and the others are told in three ways when to come back. */
const quotaCut = {
  kind: 'quota',
  settings: { perSecond: 4, retryAfterForms: ['seconds', 'http-date', 'none'], formEveryMs: 5000 },
};
const outage = { kind: 'unavailable', settings: {} };

/** A minute (or so much of one) of following the CRM and answering questions, in whose second quarter the CRM has a fault. */
async function troubledMinute(settings: {
  seed: number;
  seconds?: number;
  fault?: JsonObject;
  defect?: DefectId;
}): Promise<Run> {
  const quarter = (settings.seconds ?? 60) / 4;
  const crm = { quotaPerSecond: 40, changesPerSecond: 20 };
  const world = await workloadAmongFakes({ ...settings, documents: 50, crm });
  const { clock, post, admin } = world;
  await clock.advance(1000);
  await clock.run(post('/documents', { documents: world.corpus.documents.map((document) => ({ ...document })) }));
  await admin('crm', 'POST', '/start', { originMs: clock.now() });
  await post('/sources/crm/follow', {});
  const asked: Promise<Run['answers'][number]>[] = [];
  const goOn = async (seconds: number): Promise<void> => {
    for (let step = 0; step < seconds * questionsPerSecond; step++) {
      asked.push(askNth(world, asked.length));
      await clock.advance(1000 / questionsPerSecond);
    }
  };
  await goOn(quarter);
  await admin('crm', 'PUT', '/faults/trouble', { ...(settings.fault ?? quotaCut), leaseMs: 60_000 });
  await goOn(quarter);
  const receipt = (await admin('crm', 'DELETE', '/faults/trouble')) as PartFaultReceipt;
  await goOn(2 * quarter);
  const { items } = (await admin('crm', 'GET', '/state')) as SourceState;
  const stored = new Map((await world.store.list()).map(({ id, version }) => [id, version]));
  const wanted = items.filter((item) => item.atMs < clock.now() - 3000);
  const answers = await clock.run(Promise.all(asked));
  await clock.run(world.workload.stop());
  const calls = { crm: await world.journal('crm'), model: await world.journal('model-server') };
  return { world, receipt, answers, calls, wanted, stored };
}

async function askNth({ corpus, post }: WorkloadAmongFakes, n: number): Promise<Run['answers'][number]> {
  const question = corpus.question(n);
  const events = await readEvents(await post('/ask', { question: question.text }));
  const text = events.map((event) => (event.name === 'token' ? String(event.data['text']) : '')).join('');
  const citations = events.at(-1)?.data['citations'];
  return {
    cited: Array.isArray(citations) && citations.includes(question.documentId),
    correct: text.includes(question.expected),
  };
}

function missing({ wanted, stored }: Pick<Run, 'wanted' | 'stored'>): SourceState['items'] {
  return wanted.filter(({ id, version }) => (stored.get(id) ?? 0) < version);
}

/** Calls for records that came before a `Retry-After` given more than 5 ms earlier had passed. */
function tooEarly(calls: readonly Call[]): readonly Call[] {
  const hints = calls.filter((call) => call.operation !== null && call.retryAfterMs !== null);
  return calls.filter((call) =>
    hints.some(({ endedMs, retryAfterMs }) => {
      const sinceMs = call.receivedMs - (endedMs ?? Infinity);
      return call.operation !== null && sinceMs > 5 && sinceMs < (retryAfterMs ?? 0);
    }),
  );
}

describe('the workload among the fakes, all in this process and in virtual time', () => {
  it('goes through a throttled minute: everything is stored, no questions fail, the source is left alone as it asked', async () => {
    const { answers, calls, receipt, stored, wanted, world } = await troubledMinute({ seed: 1 });
    expect(receipt.altered).toBeGreaterThan(3);
    expect(wanted.length).toBeGreaterThan(500);
    expect(missing({ wanted, stored })).toEqual([]);
    expect(tooEarly(calls.crm)).toEqual([]);
    expect(await world.store.deadLetters()).toEqual([]);
    expect(answers).toHaveLength(60 * questionsPerSecond);
    expect(answers.filter((answer) => !answer.cited || !answer.correct)).toEqual([]);
    expect(calls.crm.filter((call) => call.outcome === 'unexpected')).toEqual([]);
    expect(calls.model.filter((call) => call.outcome === 'unexpected')).toEqual([]);
  });

  it('comes back to the throttled source too early with defect A6', async () => {
    const { calls } = await troubledMinute({ seed: 1, defect: 'A6', seconds: 30 });
    expect(tooEarly(calls.crm).length).toBeGreaterThan(0);
  });

  it('loses nothing in an outage, but does with defect C3', async () => {
    const whole = await troubledMinute({ seed: 1, fault: outage });
    expect(whole.receipt.altered).toBeGreaterThan(3);
    expect(missing(whole)).toEqual([]);
    expect(missing(await troubledMinute({ seed: 1, fault: outage, defect: 'C3' })).length).toBeGreaterThan(0);
  });

  it('does the same again with the same seed, call by call, and something else with another', async () => {
    const callsOf = async (seed: number) => (await troubledMinute({ seed, seconds: 16 })).calls;
    const once = await callsOf(2);
    expect(once.crm.length).toBeGreaterThan(100);
    expect(await callsOf(2)).toEqual(once);
    expect(await callsOf(3)).not.toEqual(once);
  });
});
