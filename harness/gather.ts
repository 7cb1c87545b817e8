import { z } from 'zod';
import type { Experiment } from './experiment.ts';
import { seconds } from './kit/durations.ts';
import { fetchWithin, type Caller } from './kit/fetch-within.ts';
import { Cleanup } from './kit/lifecycle.ts';
import { startCallLog, type CallLog, type ReadJournal } from './observe/call-log.ts';
import { startLedgerLog, type LedgerLog, type LedgerReaders } from './observe/ledger-log.ts';
import { CallSchema } from './observe/observations.ts';
import { startScraper } from './observe/scraper.ts';
import { sourceReader } from './source-reader.ts';
import { readJson, storedReader } from './stored-reader.ts';
import type { TargetConfig } from './world/target.ts';
import type { PartSpec, StartedPart } from './world/types.ts';

/** Everything that watches a run from outside. */
export interface Observers {
  readonly calls: CallLog;
  readonly ledger: LedgerLog;
  stop(): Promise<void>;
}

/** What the observers look at. */
export interface ObservedWorld {
  readonly parts: readonly StartedPart[];
  /** The unproxied value of each variable. */
  readonly direct: Readonly<Record<string, string>>;
  readonly target: { readonly directUrl: string };
}

const JournalAnswer = z.object({ calls: z.array(CallSchema), next: z.number() });

export function startObservers(experiment: Experiment, world: ObservedWorld): Observers {
  const { clock, options, surroundings, series, notes } = experiment;
  const caller = { clock, fetch: surroundings.fetch };
  const { scenario, target } = options;
  const specs = scenario.world.parts;
  const followed = scenario.load.flatMap((load) => (load.kind === 'follow' ? [load.part] : []));
  const cleanup = new Cleanup();
  const part = (name: string): StartedPart | undefined => world.parts.find((started) => started.name === name);
  const scraped = specs.flatMap((spec) => {
    const started = part(spec.name);
    const path = spec.metricsPath;
    return started && path !== undefined
      ? [{ source: spec.name, read: () => readText(caller, new URL(path, originOf(world, spec)).href) }]
      : [];
  });
  cleanup.use('the scraper', startScraper(clock, scraped, series));
  const journals = new Map(
    world.parts.map((started): [string, ReadJournal] => [
      started.name,
      (after, open) => readJournal(started, after, open),
    ]),
  );
  const readers: LedgerReaders = {
    sources: new Map(followed.flatMap((name) => (part(name) ? [[name, sourceReader(part(name))] as const] : []))),
    stored: storedReader(caller, target, world, cleanup, (note) => notes.push(note)),
    deadLetters: deadLettersReader(caller, target, world),
  };
  const calls = cleanup.use('the call log', startCallLog(clock, journals));
  const ledger = cleanup.use('the ledger', startLedgerLog(clock, readers));
  return { calls, ledger, stop: () => cleanup.stop() };
}

async function readJournal(part: StartedPart, after: number, open: boolean): Promise<z.infer<typeof JournalAnswer>> {
  return JournalAnswer.parse(await part.admin('GET', `/journal?after=${after}&open=${open}`));
}

function deadLettersReader(caller: Caller, target: TargetConfig, world: ObservedWorld): LedgerReaders['deadLetters'] {
  const { deadLetters } = target.operations;
  return (
    deadLetters && (async () => deadLetters.read(await readJson(caller, world.target.directUrl, deadLetters.request)))
  );
}

function readText(caller: Caller, url: string): Promise<string> {
  return fetchWithin(caller, url, { limitMs: seconds(2) }, (response) => {
    if (!response.ok) throw new Error(`GET ${url} was answered ${response.status}`);
    return response.text();
  });
}

/** Where a part serves its pages, past the proxy: the origin of the first URL among its variables. */
function originOf(world: ObservedWorld, spec: PartSpec): string {
  const url = Object.keys(spec.variables)
    .map((variable) => world.direct[variable])
    .find((value) => value?.startsWith('http'));
  return new URL(url ?? 'http://127.0.0.1').origin;
}
