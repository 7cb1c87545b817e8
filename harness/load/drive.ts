import { messageOf } from '../kit/errors.ts';
import type { Sample } from '../observe/observations.ts';
import type { TargetOperations } from '../world/target.ts';
import type { Corpus } from '../world/types.ts';
import { readAnswer } from './ask.ts';
import { openLoop } from './open-loop.ts';
import { sendRequest, type Planned, type Reading, type Sender } from './request.ts';
import type { LoadSchedule } from './schedule.ts';
import type { RequestLoad } from './types.ts';

/** Where the load goes and what it is made of. */
export interface DriveSettings {
  readonly sender: Sender;
  readonly operations: TargetOperations;
  readonly corpus: Corpus;
  readonly schedules: readonly LoadSchedule[];
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample) => void;
  /** Every document version that the target acknowledged, with the time (milliseconds since the origin). */
  readonly onAcknowledged: (item: { id: string; version: number; atMs: number }) => void;
}

/** Sends every load to its end. Resolves when all arrivals have been sent and all answers have come or been given up on. */
export async function drive(settings: DriveSettings): Promise<void> {
  const outstanding = new Set<Promise<void>>();
  const loops = settings.schedules.map((schedule) =>
    openLoop(
      settings.sender.clock,
      { originMs: settings.sender.originMs, timesMs: schedule.timesMs, signal: settings.signal },
      (index) => {
        const done = sendOne(settings, schedule, index).finally(() => outstanding.delete(done));
        outstanding.add(done);
      },
    ),
  );
  await Promise.all(loops);
  if (!settings.signal.aborted) await Promise.all(outstanding);
}

async function sendOne(settings: DriveSettings, schedule: LoadSchedule, index: number): Promise<void> {
  const { load } = schedule;
  const base = {
    id: schedule.ids[index] ?? '',
    operation: load.operation,
    workClass: load.workClass,
    dueMs: schedule.timesMs[index] ?? 0,
    deadlineMs: load.deadlineMs,
  };
  try {
    settings.onSample(await sendPlanned(settings, load, base, index));
  } catch (cause) {
    // A defect of a config's own functions must not stop the load: what could not be sent is kept as a sample.
    settings.onSample({
      ...base,
      sentMs: null,
      firstTokenMs: null,
      doneMs: null,
      outcome: { kind: 'dropped', code: messageOf(cause) },
      tokens: 0,
      correct: null,
    });
  }
}

function sendPlanned(
  settings: DriveSettings,
  load: RequestLoad,
  base: Omit<Planned, 'request'>,
  index: number,
): Promise<Sample> {
  const { ask, ingest } = settings.operations;
  const { clock, originMs } = settings.sender;
  const timeoutMs = Math.max(0, originMs + base.dueMs + base.deadlineMs - clock.now());
  if (load.operation === 'ask') {
    if (!ask) throw new Error('The target has no operation "ask".');
    const question = settings.corpus.question(index);
    return sendRequest(settings.sender, { ...base, request: ask.request(question.text, timeoutMs) }, (response) =>
      readAnswer(clock, ask, question, response),
    );
  }
  if (!ingest) throw new Error('The target has no operation "ingest".');
  const size = load.documentsPerRequest ?? 1;
  const documents = Array.from({ length: size }, (_, offset) => settings.corpus.batchDocument(index * size + offset));
  return sendRequest(settings.sender, { ...base, request: ingest.request(documents, timeoutMs) }, async (response) => {
    const stored = ingest.acknowledged(await response.json());
    for (const { id, version } of stored) settings.onAcknowledged({ id, version, atMs: clock.now() - originMs });
    return stored.length === size
      ? good
      : { ...good, outcome: { kind: 'failed', code: `acknowledged ${stored.length} of ${size} documents` } };
  });
}

const good: Reading = { outcome: { kind: 'good', degraded: false }, firstTokenMs: null, tokens: 0, correct: null };
