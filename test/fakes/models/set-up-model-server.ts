import OpenAI from 'openai';
import { seededRandom } from '../../../harness/kit/random.ts';
import { VirtualClock } from '../../../harness/kit/virtual-clock.ts';
import type { Clock } from '../../../harness/kit/clock.ts';
import type { Call } from '../../../harness/observe/observations.ts';
import type { HttpPart, JournalPage, PartFaultReceipt } from '../../../harness/world/types.ts';
import { createPart } from '../../../fakes/models/create-part.ts';
import type { ModelServerOptions } from '../../../fakes/models/model-settings.ts';
import { modelServer } from '../../../fakes/models/spec.ts';

/** A model server in this process, and what tests do with it. */
export interface ModelServerSetUp {
  readonly part: HttpPart;
  readonly client: OpenAI;
  readonly get: (path: string) => Promise<Response>;
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Response>;
  /** Calls the admin API. */
  readonly admin: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly inject: (id: string, kind: string, settings: unknown, leaseMs?: number) => Promise<unknown>;
  readonly heal: (id: string) => Promise<PartFaultReceipt>;
  readonly calls: () => Promise<readonly Call[]>;
  readonly state: () => Promise<Record<string, unknown>>;
}

export const origin = 'http://model-server.test';

export async function setUpModelServer(
  clock: Clock,
  settings: ModelServerOptions = {},
  seed = 1,
): Promise<ModelServerSetUp> {
  const spec = modelServer(settings);
  const part = await createPart({
    name: spec.name,
    settings: spec.settings,
    corpus: { module: '', documents: 1 },
    seed,
    clock,
    random: seededRandom(seed),
  });
  const send = async (path: string, init: RequestInit): Promise<Response> =>
    part.fetch(new Request(origin + path, init));
  const post: ModelServerSetUp['post'] = (path, body, headers = {}) =>
    send(path, { method: 'POST', body: JSON.stringify(body), headers });
  const admin: ModelServerSetUp['admin'] = async (method, path, body) => {
    const response = await send(`/_gameday${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  return {
    part,
    client: new OpenAI({
      baseURL: `${origin}/v1`,
      apiKey: 'sk-gameday-not-a-key',
      maxRetries: 0,
      fetch: async (url, init) => part.fetch(new Request(url, init)),
    }),
    get: (path) => send(path, {}),
    post,
    admin,
    inject: (id, kind, faultSettings, leaseMs = 60_000) =>
      admin('PUT', `/faults/${id}`, { kind, settings: faultSettings, leaseMs }),
    heal: async (id) => (await admin('DELETE', `/faults/${id}`)) as PartFaultReceipt,
    calls: async () => ((await admin('GET', '/journal?open=true')) as JournalPage).calls,
    state: async () => (await admin('GET', '/state')) as Record<string, unknown>,
  };
}

export async function setUpInVirtualTime(
  settings: ModelServerOptions = {},
  seed = 1,
): Promise<ModelServerSetUp & { readonly clock: VirtualClock }> {
  const clock = new VirtualClock();
  return { ...(await setUpModelServer(clock, settings, seed)), clock };
}

/** A prompt as a RAG service writes it: numbered passages, each with its id in front, and a question. */
export const messages = [
  { role: 'system' as const, content: 'Answer from the passages only. Name the passage that you used, like [doc-1].' },
  {
    role: 'user' as const,
    content: [
      '1. [ticket-11] The Harbor Lamp runs in Oslo. The service code of Harbor Lamp is AB-1. It is old.',
      '2. [ticket-12] The Cedar Pump runs in Rome. The service code of Cedar Pump is KX-39427. It is new.',
      '3. [ticket-13] The Cedar Pump manual has 12 pages. Notes on Cedar Pump: quiet motor.',
      'Question: What is the service code of Cedar Pump?',
    ].join('\n'),
  },
];
