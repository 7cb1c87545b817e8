import type { Meter } from '@opentelemetry/api';
import { bulkhead } from 'cockatiel';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { WorkClass } from '../../../harness/observe/observations.ts';
import type { WorkloadSettings } from '../settings.ts';
import type { Work } from '../work.ts';
import { createBatchLimit } from './batch-limit.ts';
import { createCacheRoom } from './cache-room.ts';
import type { EngineFigures } from './engine-figures.ts';
import { WorkQueue, type Lease } from './work-queue.ts';

/** Decides what may use the model server, and when. Questions and batch work each have their own queue and their own room. */
export interface Admission {
  /** Throws `shed` when there is no point in beginning with a question. */
  checkDoor(): void;
  /** Waits for room for a question whose prompt and answer have so many tokens. */
  question(work: Work, size: { promptTokens: number; outputTokens: number }): Promise<Lease>;
  batch(work: Work): Promise<Lease>;
  /** Runs a batch of the source's feed: one at a time always has room, so that a flood of batch work cannot starve it. */
  feed<T>(run: () => Promise<T>): Promise<T>;
  /** See `BatchLimit.questionWaits`. */
  questionWaits(): () => void;
  /** What the model server says about itself now; null when it says nothing. */
  see(figures: EngineFigures | null): void;
  adjust(): void;
  readonly queues: Readonly<Record<WorkClass, WorkQueue>>;
}

/**
 * The share of its remaining time that work may spend in the queue, and how long at most: what waits longer comes too late to be useful.
 * Questions are held to a first token within 1.5 s.
 */
const patience: Readonly<Record<WorkClass, { readonly share: number; readonly mostMs: number }>> = {
  interactive: { share: 0.2, mostMs: 1200 },
  batch: { share: 0.4, mostMs: 4000 },
};

export function createAdmission(
  settings: Pick<WorkloadSettings, 'admission' | 'defect'>,
  clock: Clock,
  meter: Meter,
): Admission {
  const { admission, defect } = settings;
  const room = createCacheRoom({ ...admission, mostInFlight: admission.interactiveInFlight });
  const batchLimit = createBatchLimit({ ...admission, most: admission.batchInFlight }, clock);
  const feed = bulkhead(1, Infinity);
  const openDoor = defect === 'E2';
  const boundless = defect === 'B1';

  const interactive = new WorkQueue({
    clock,
    maxDepth: boundless ? Infinity : admission.interactiveQueue,
    fits: (weight, inFlight) => openDoor || room.fits(weight, inFlight),
    retryAfterSeconds: 1,
  });
  const ownBatchQueue = new WorkQueue({
    clock,
    maxDepth: boundless ? Infinity : admission.batchQueue,
    // No batch begins while a question waits for its turn.
    fits: (_weight, inFlight) => openDoor || (interactive.depth === 0 && batchLimit.fits(inFlight.count)),
    retryAfterSeconds: 2,
  });
  const batch = defect === 'B4' ? interactive : ownBatchQueue;
  const queues = { interactive, batch };

  const untilMs = ({ workClass, deadlineMs }: Work): number => {
    if (boundless || deadlineMs === Infinity) return Infinity;
    const { share, mostMs } = patience[workClass];
    return clock.now() + Math.min(mostMs, share * (deadlineMs - clock.now()));
  };
  observeQueues(meter, queues);

  return {
    queues,
    checkDoor: () => {
      if (interactive.full) throw interactive.refusal('the queue is full');
    },
    question: (work, size) =>
      interactive.enter({
        weight: room.blocksFor(size.promptTokens, size.outputTokens),
        untilMs: untilMs(work),
        signal: work.signal,
      }),
    batch: (work) => batch.enter({ weight: 1, untilMs: untilMs(work), signal: work.signal }),
    feed: (run) => feed.execute(run),
    questionWaits: () => batchLimit.questionWaits(),
    see: (figures) => {
      room.see(figures);
      interactive.pump();
    },
    adjust: () => {
      batchLimit.adjust({
        inFlight: ownBatchQueue.inFlight.count,
        waiting: ownBatchQueue.depth,
        questionRoom: room.occupancy(interactive.inFlight),
      });
      ownBatchQueue.pump();
    },
  };
}

function observeQueues(meter: Meter, queues: Readonly<Record<WorkClass, WorkQueue>>): void {
  const gauge = (name: string, unit: string, read: (queue: WorkQueue) => number): void => {
    meter.createObservableGauge(`gameday.workload.queue.${name}`, { unit }).addCallback((result) => {
      for (const [workClass, queue] of Object.entries(queues)) result.observe(read(queue), { 'work.class': workClass });
    });
  };
  gauge('depth', '{request}', (queue) => queue.depth);
  gauge('in_flight', '{request}', (queue) => queue.inFlight.count);
  gauge('oldest_age', 's', (queue) => queue.oldestMs / 1000);
  gauge('shed', '{request}', (queue) => queue.shed);
}
