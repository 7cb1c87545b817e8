import { z } from 'zod';
import { GamedayError } from './kit/errors.ts';
import type { Clock } from './kit/clock.ts';
import { waitUntil } from './kit/deadline.ts';
import { seconds } from './kit/durations.ts';
import type { FollowLoad } from './load/types.ts';
import type { Scenario } from './scenario.ts';
import type { TargetConfig, TargetRequest } from './world/target.ts';
import type { Corpus, CorpusSpec, CreateCorpus } from './world/types.ts';

/** Makes the corpus that a scenario names. */
export async function makeCorpus(spec: CorpusSpec, seed: number): Promise<Corpus> {
  const loaded = (await import(spec.module)) as { createCorpus?: CreateCorpus };
  if (!loaded.createCorpus)
    throw new GamedayError('bad-config', `The module ${spec.module} does not export "createCorpus".`);
  return loaded.createCorpus(spec, seed);
}

/** Why a scenario can not be run against a target, or null. */
export function reasonToSkip(scenario: Scenario, target: TargetConfig): string | null {
  const missing = missingOperations(scenario, target);
  return missing.length > 0 ? `${target.name} offers no operation ${missing.join(', ')}` : null;
}

/** Which operations a scenario needs and its target does not offer. */
function missingOperations(scenario: Scenario, target: TargetConfig): string[] {
  const needed = new Set(
    scenario.load.flatMap((load) => (load.kind === 'follow' ? ['follow', 'stored'] : [load.operation])),
  );
  if (scenario.world.corpus.documents > 0) needed.add('ingest');
  return [...needed].filter((operation) => !(operation in target.operations));
}

/** Has the target store the documents that the questions will ask about. */
export async function storeCorpus(
  clock: Clock,
  target: TargetConfig,
  baseUrl: string,
  corpus: Corpus,
  signal: AbortSignal,
): Promise<void> {
  const { ingest } = target.operations;
  if (!ingest) return;
  const batchSize = 20;
  for (let from = 0; from < corpus.documents.length; from += batchSize) {
    const documents = corpus.documents.slice(from, from + batchSize);
    await waitUntil(
      clock,
      async () => {
        const answer = await send(baseUrl, ingest.request(documents, seconds(10)), signal);
        return ingest.acknowledged(answer).length === documents.length ? true : undefined;
      },
      {
        what: `the target to store the documents of the corpus (${from} of ${corpus.documents.length} done)`,
        limitMs: seconds(30),
        everyMs: 250,
        signal,
      },
    );
  }
}

/** Tells the target to follow the feeds that the scenario names. */
export async function startFollowing(
  target: TargetConfig,
  baseUrl: string,
  loads: readonly FollowLoad[],
  signal: AbortSignal,
): Promise<void> {
  for (const load of loads) {
    if (target.operations.follow) await send(baseUrl, target.operations.follow.request(load.part), signal);
  }
}

async function send(baseUrl: string, request: TargetRequest, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(new URL(request.path, baseUrl), {
    method: request.method,
    headers: { 'content-type': 'application/json', ...request.headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(seconds(15))]),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  });
  const text = await response.text();
  if (!response.ok)
    throw new GamedayError(
      'target-not-ready',
      `${request.method} ${request.path} was answered ${response.status}: ${text.slice(0, 200)}`,
    );
  return z
    .json()
    .catch(null)
    .parse(text === '' ? null : JSON.parse(text));
}
