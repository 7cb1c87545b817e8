import { seededRandom } from '../../../../harness/kit/random.ts';
import { VirtualClock } from '../../../../harness/kit/virtual-clock.ts';
import { createWorkload, type Workload } from '../../../../fakes/workload/create-workload.ts';
import type { DefectId } from '../../../../fakes/workload/defects.ts';
import { workloadSettings } from '../../../../fakes/workload/settings.ts';
import { createMemoryStore } from '../../../../fakes/workload/store/memory-store.ts';
import type { Store } from '../../../../fakes/workload/store/store.ts';
import { createTelemetry, type TelemetrySettings } from '../../../../fakes/workload/telemetry/telemetry.ts';
import { standInCrm, type StandInCrm } from './stand-in-crm.ts';
import { standInModel, type StandInModel } from './stand-in-model.ts';

export interface StartedWorkload {
  readonly clock: VirtualClock;
  readonly model: StandInModel;
  readonly crm: StandInCrm;
  readonly store: Store;
  readonly workload: Workload;
  readonly post: (path: string, body: unknown, options?: PostOptions) => Promise<Response>;
  readonly get: (path: string) => Promise<unknown>;
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface StartSettings {
  readonly defect?: DefectId;
  readonly store?: Store;
  readonly changesPerSecond?: number;
  readonly changesUntilMs?: number;
  readonly seed?: number;
  readonly telemetry?: Partial<TelemetrySettings>;
}

/** The workload as a function in this process: virtual time, stand-ins around it, a store in memory. */
export async function startWorkload(settings: StartSettings = {}): Promise<StartedWorkload> {
  const clock = new VirtualClock();
  const model = standInModel(clock);
  const crm = standInCrm(clock, { changesPerSecond: settings.changesPerSecond ?? 0, ...settings });
  const store = settings.store ?? createMemoryStore();
  const random = seededRandom(settings.seed ?? 1);
  const workload = createWorkload({
    clock,
    random,
    store,
    fetch: (input, init) =>
      new URL(input instanceof Request ? input.url : input).host === 'crm.test'
        ? crm.fetch(input, init)
        : model.fetch(input, init),
    settings: workloadSettings({ crm: { token: 'crm-token' }, defect: settings.defect ?? null }),
    telemetry: createTelemetry({ random: random.fork('traces'), ...settings.telemetry }),
  });
  await clock.advance(1);
  return {
    ...{ clock, model, crm, store, workload },
    post: (path, body, options = {}) =>
      workload.fetch(
        new Request(`http://workload.test${path}`, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...options.headers },
          ...(options.signal ? { signal: options.signal } : {}),
        }),
      ),
    get: async (path) => (await workload.fetch(new Request(`http://workload.test${path}`))).json(),
  };
}

/** The events of an answer, read to its end. */
export async function readEvents(response: Response): Promise<{ name: string; data: Record<string, unknown> }[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => ({
      name: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as Record<string, unknown>,
    }));
}
