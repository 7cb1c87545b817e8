import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusSpec } from '../../fakes/corpus/corpus-spec.ts';
import { modelServer } from '../../fakes/models/spec.ts';
import {
  ask,
  availability,
  noisyNeighbour,
  nothingLost,
  seconds,
  type Scenario,
  type TargetConfig,
} from '../../harness/index.ts';
import type { RunOptions } from '../../harness/experiment.ts';
import { runScenario, type RunResult } from '../../harness/run.ts';

/** A run of a few seconds: too short for a verdict, long enough to see how the harness behaves. */
export const smallScenario: Scenario = {
  name: 'small',
  promise: 'Questions are answered.',
  covers: ['S16'],
  world: { parts: [modelServer()], corpus: corpusSpec({ documents: 5 }) },
  load: [ask({ ratePerSecond: 40, deadlineMs: seconds(1) })],
  faults: [noisyNeighbour({ part: 'model-server', share: 0.5 })],
  phases: { warmUpMs: 500, baselineMs: 1000, faultMs: 1000, holdMs: 500, recoveryMs: 1000 },
  objectives: [availability({ of: 'ask', atLeast: 0.99, during: 'fault' }), nothingLost()],
  references: [],
};

/** The small target, misbehaving in one way. */
export function smallTarget(misbehaviour = 'none'): TargetConfig {
  return {
    name: 'small target',
    start: {
      kind: 'command',
      command: [process.execPath, join(import.meta.dirname, 'small-target.mjs')],
      environment: { MISBEHAVIOUR: misbehaviour },
    },
    ready: { path: '/health', withinMs: 3000 },
    operations: {
      ask: {
        request: (question) => ({ method: 'POST', path: '/ask', body: { question } }),
        read: ({ name, data }) => {
          if (name === 'token') return { kind: 'token', text: data };
          return name === 'done' ? { kind: 'done', citations: [], degraded: false } : { kind: 'other' };
        },
      },
      ingest: {
        request: (documents) => ({
          method: 'POST',
          path: '/documents',
          body: { documents: documents.map(({ id, version }) => ({ id, version })) },
        }),
        acknowledged: (body) => (body as { stored: { id: string; version: number }[] }).stored,
      },
      stored: {
        kind: 'http',
        request: { method: 'GET', path: '/list' },
        read: (body) => (body as { documents: { id: string; version: number }[] }).documents,
      },
    },
  };
}

/** Runs the small scenario in a folder of its own, of which nothing is left. */
export async function runSmall(changes: Partial<RunOptions> = {}): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-small-'));
  try {
    return await runSmallIn(folder, changes);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs the small scenario in a folder, in which its record stays. */
export function runSmallIn(folder: string, changes: Partial<RunOptions> = {}): Promise<RunResult> {
  return runScenario({
    scenario: smallScenario,
    target: smallTarget(),
    seed: 7,
    pace: 'quick',
    defect: null,
    world: 'local',
    stateFolder: folder,
    runsFolder: join(folder, 'runs'),
    command: 'gameday run small --seed 7',
    signal: new AbortController().signal,
    onProgress: () => undefined,
    notes: [],
    ...changes,
  });
}
