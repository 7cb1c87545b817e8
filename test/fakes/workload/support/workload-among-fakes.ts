import { createCorpus } from '../../../../fakes/corpus/create-corpus.ts';
import { createPart as createModelServer } from '../../../../fakes/models/create-part.ts';
import { createPart as createCrm } from '../../../../fakes/sources/crm/create-part.ts';
import { createWorkload, type Workload } from '../../../../fakes/workload/create-workload.ts';
import type { DefectId } from '../../../../fakes/workload/defects.ts';
import { workloadSettings } from '../../../../fakes/workload/settings.ts';
import { createMemoryStore } from '../../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../../fakes/workload/store/store.ts';
import { createTelemetry } from '../../../../fakes/workload/telemetry/telemetry.ts';
import { unlessStopped } from '../../../../fakes/workload/work.ts';
import type { JsonObject } from '../../../../harness/kit/json.ts';
import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import type { Call } from '../../../../harness/observe/observations.ts';
import type { Corpus, HttpPart, JournalPage } from '../../../../harness/world/types.ts';

/** The workload and all that is around it, as functions of this process on one virtual clock. */
export interface WorkloadAmongFakes {
  readonly clock: VirtualClock;
  readonly corpus: Corpus;
  readonly store: Store;
  readonly workload: Workload;
  readonly post: (path: string, body: JsonObject) => Promise<Response>;
  /** Calls the admin API of a part. */
  readonly admin: (part: PartName, method: string, path: string, body?: JsonObject) => Promise<unknown>;
  readonly journal: (part: PartName) => Promise<readonly Call[]>;
}
export type PartName = 'crm' | 'model-server';

/** A run begins at some moment of this age: the CRM takes no times before 1970 and Retry-After has dates. */
const startMs = 1_790_000_000_000;

export async function workloadAmongFakes(settings: {
  seed: number;
  documents: number;
  crm: JsonObject;
  defect?: DefectId;
}): Promise<WorkloadAmongFakes> {
  const clock = new VirtualClock(startMs);
  const random = seededRandom(settings.seed);
  const corpus = { module: '', documents: settings.documents };
  const context = (name: string, own: JsonObject) => ({
    ...{ name, settings: own, corpus, seed: settings.seed, clock },
    random: random.fork(`part/${name}`),
  });
  const parts: Readonly<Record<PartName, HttpPart>> = {
    crm: await createCrm(context('crm', settings.crm)),
    'model-server': await createModelServer(context('model-server', {})),
  };
  const store = createMemoryStore();
  const workload = createWorkload({
    ...{ clock, store, random: random.fork('workload') },
    fetch: fetchFrom(parts),
    settings: workloadSettings({ crm: { token: 'gameday-not-a-token' }, defect: settings.defect ?? null }),
    telemetry: createTelemetry({ random: random.fork('traces') }),
  });
  const admin: WorkloadAmongFakes['admin'] = async (part, method, path, body) => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return (await parts[part].fetch(new Request(`http://${part}.test/_gameday${path}`, init))).json();
  };
  return {
    ...{ clock, store, workload, admin, corpus: createCorpus(corpus, settings.seed) },
    post: (path, body) =>
      workload.fetch(new Request(`http://workload.test${path}`, { method: 'POST', body: JSON.stringify(body) })),
    journal: async (part) => ((await admin(part, 'GET', '/journal?after=0')) as JournalPage).calls,
  };
}

/** `fetch` to the parts, each at `http://NAME.test`. As on a real network, who has hung up gets no answer, not even a 499. */
function fetchFrom(parts: Readonly<Record<PartName, HttpPart>>): typeof fetch {
  const origins = new Map(Object.entries(parts).map(([name, part]) => [`http://${name}.test`, part]));
  return async (input, init) => {
    const request = new Request(input, init);
    const part = origins.get(new URL(request.url).origin);
    if (!part) throw new TypeError(`Failed to fetch ${request.url}: nobody is there.`);
    return unlessStopped({ signal: init?.signal ?? request.signal }, Promise.resolve(part.fetch(request)));
  };
}
