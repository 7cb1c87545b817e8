import { z } from 'zod';
import { GamedayError } from './kit/errors.ts';
import { waitUntil } from './kit/deadline.ts';
import { seconds } from './kit/durations.ts';
import { fetchWithin, type Caller } from './kit/fetch-within.ts';
import type { FollowLoad } from './load/types.ts';
import type { Scenario } from './scenario.ts';
import type { WorldName } from './surroundings.ts';
import { worldProblems } from './what-a-world-can.ts';
import type { TargetConfig, TargetRequest } from './world/target.ts';
import type { Corpus, CorpusSpec, CreateCorpus } from './world/types.ts';

/** Makes the corpus that a scenario names. */
export async function makeCorpus(spec: CorpusSpec, seed: number): Promise<Corpus> {
  const loaded = (await import(spec.module)) as { createCorpus?: CreateCorpus };
  if (!loaded.createCorpus)
    throw new GamedayError('bad-config', `The module ${spec.module} does not export "createCorpus".`);
  return loaded.createCorpus(spec, seed);
}

/** Why a scenario can not be run against a target in a world, or null: what the target or the world lacks, and which worlds have it. */
export function reasonToSkip(scenario: Scenario, target: TargetConfig, world: WorldName): string | null {
  const missing = missingOperations(scenario, target);
  const operations = missing.length > 0 ? [`${target.name} offers no operation ${missing.join(', ')}`] : [];
  const reasons = [...operations, ...worldProblems(scenario, world)];
  return reasons.length > 0 ? reasons.join('; ') : null;
}

/** Which operations a scenario needs and its target does not offer. */
function missingOperations(scenario: Scenario, target: TargetConfig): string[] {
  const needed = new Set(
    scenario.load.flatMap((load) => (load.kind === 'follow' ? ['follow', 'stored'] : [load.operation])),
  );
  if (scenario.world.corpus.documents > 0) needed.add('ingest');
  return [...needed].filter((operation) => !(operation in target.operations));
}

/** A write that was acknowledged. `atMs` is epoch milliseconds. */
export interface Written {
  readonly id: string;
  readonly version: number;
  readonly atMs: number;
}

/** Has the target store the documents that the questions will ask about; gives what it acknowledged. */
export async function storeCorpus(
  caller: Caller,
  target: TargetConfig,
  baseUrl: string,
  corpus: Corpus,
  signal: AbortSignal,
): Promise<readonly Written[]> {
  const { ingest } = target.operations;
  if (!ingest) return [];
  const written: Written[] = [];
  const batchSize = 20;
  for (let from = 0; from < corpus.documents.length; from += batchSize) {
    const documents = corpus.documents.slice(from, from + batchSize);
    await waitUntil(
      caller.clock,
      async () => {
        const answer = await send(caller, baseUrl, ingest.request(documents, seconds(10)), signal);
        const acknowledged = ingest.acknowledged(answer);
        if (acknowledged.length !== documents.length) return undefined;
        written.push(...acknowledged.map(({ id, version }) => ({ id, version, atMs: caller.clock.now() })));
        return true;
      },
      {
        what: `the target to store the documents of the corpus (${from} of ${corpus.documents.length} done)`,
        limitMs: seconds(30),
        everyMs: 250,
        signal,
      },
    );
  }
  return written;
}

/** Tells the target to follow the feeds that the scenario names. */
export async function startFollowing(
  caller: Caller,
  target: TargetConfig,
  baseUrl: string,
  loads: readonly FollowLoad[],
  signal: AbortSignal,
): Promise<void> {
  for (const load of loads) {
    if (target.operations.follow) await send(caller, baseUrl, target.operations.follow.request(load.part), signal);
  }
}

async function send(caller: Caller, baseUrl: string, request: TargetRequest, signal: AbortSignal): Promise<unknown> {
  const { method, path, body } = request;
  const init = {
    ...{ method, signal, limitMs: seconds(15) },
    headers: { 'content-type': 'application/json', ...request.headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return fetchWithin(caller, new URL(path, baseUrl), init, async (response) => {
    const text = await response.text();
    if (!response.ok)
      throw new GamedayError(
        'target-not-ready',
        `${method} ${path} was answered ${response.status}: ${text.slice(0, 200)}`,
      );
    return z
      .json()
      .catch(null)
      .parse(text === '' ? null : JSON.parse(text));
  });
}
