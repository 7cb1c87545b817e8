/**
 * How many requests per second a target's own code sends to the fakes in virtual time, by the `fetch` that it is handed and through handlers
 * of Mock Service Worker. Both go through the links of a simulated world to the model server, 16 at a time. Run with `npm run bench:msw`.
 */
import { setupServer } from 'msw/node';
import { corpusSpec, modelServer } from '../fakes/index.ts';
import { handlers } from '../fakes/msw.ts';
import {
  availability,
  milliseconds,
  noisyNeighbour,
  seconds,
  simulate,
  type CreateTarget,
  type Scenario,
  type TargetConfig,
  type TargetContext,
} from '../harness/index.ts';

/** Real time, taken before it becomes virtual. */
const realNowMs = performance.now.bind(performance);
const atOnce = 16;
const vendor = 'https://api.openai.com/v1';

const scenario: Scenario = {
  ...{ name: 'bench-msw', promise: 'None.', covers: [], references: [], load: [] },
  world: { parts: [modelServer()], corpus: corpusSpec({ documents: 1 }) },
  faults: [noisyNeighbour({ part: 'model-server', share: 0.1 })],
  phases: {
    warmUpMs: milliseconds(1),
    baselineMs: milliseconds(1),
    faultMs: milliseconds(1),
    recoveryMs: milliseconds(1),
  },
  objectives: [availability({ of: 'ask', atLeast: 0.99 })],
};

/** Of the one document that a corpus has at least. */
const ingest: NonNullable<TargetConfig['operations']['ingest']> = {
  request: () => ({ method: 'POST', path: '/documents' }),
  acknowledged: () => [{ id: 'only', version: 1 }],
};

interface Way {
  readonly name: string;
  /** What requests go to, once it is set up; and how it is taken down. */
  readonly open: (world: TargetContext) => { readonly baseUrl: string; readonly close: () => void };
}

const ways: readonly Way[] = [
  {
    name: 'handed fetch',
    open: ({ environment }) => ({ baseUrl: environment['OPENAI_BASE_URL'] ?? '', close: () => undefined }),
  },
  {
    name: 'setupServer',
    open: (world) => {
      const server = setupServer(...handlers(world));
      server.listen({ onUnhandledRequest: 'error' });
      return { baseUrl: vendor, close: () => server.close() };
    },
  },
];

const requests = [
  { name: 'embedding', count: 6000, path: '/embeddings', body: { model: 'gameday-embed', input: 'a short text' } },
  {
    ...{ name: 'streamed answer', count: 1000, path: '/chat/completions' },
    body: { model: 'gameday-8b', messages: [{ role: 'user', content: 'Hello' }], stream: true, max_tokens: 40 },
  },
] as const;

/** Sends `count` requests, `atOnce` at a time, and gives how many a second of real time. */
async function ratePerSecond(url: string, body: object, count: number): Promise<number> {
  let left = count;
  const headers = { authorization: 'Bearer key', 'content-type': 'application/json' };
  const send = async (): Promise<void> => {
    while (left-- > 0) {
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status}: ${text}`);
    }
  };
  const fromMs = realNowMs();
  await Promise.all(Array.from({ length: atOnce }, send));
  return (count / (realNowMs() - fromMs)) * 1000;
}

async function measure(way: Way, request: (typeof requests)[number]): Promise<number> {
  let rate = 0;
  const createTarget: CreateTarget = (world) => {
    const { baseUrl, close } = way.open(world);
    const url = `${baseUrl}${request.path}`;
    const bench = async (): Promise<Response> => {
      await ratePerSecond(url, request.body, request.count / 10);
      rate = await ratePerSecond(url, request.body, request.count);
      return Response.json('measured');
    };
    const measured = new Promise<Response>((resolve, reject) =>
      setTimeout(() => void bench().then(resolve, reject), 1),
    );
    const stop = async (): Promise<void> => {
      await measured;
      close();
    };
    return { fetch: async () => (await measured).clone(), stop };
  };
  await simulate(scenario, {
    target: {
      ...{ name: 'bench', start: { kind: 'url', url: 'http://127.0.0.1:1' }, operations: { ingest } },
      ready: { path: '/', withinMs: seconds(3600) },
      inProcess: () => Promise.resolve(createTarget),
    },
  });
  return rate;
}

console.log('request           way            per second of one core');
for (const request of requests) {
  for (const way of ways) {
    const rate = await measure(way, request);
    console.log(`${request.name.padEnd(17)} ${way.name.padEnd(14)} ${rate.toFixed(0).padStart(6)}`);
  }
}
