/**
 * How late the load generator is: sends questions at 50 and at 500 per second to a server in another process that answers at once, and
 * prints sent minus due. Run with `npm run bench:load`; lateness depends on what else the machine does, so compare within one run.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '../harness/kit/clock.ts';
import { randomHex, seededRandom } from '../harness/kit/random.ts';
import { drive } from '../harness/load/drive.ts';
import { poissonArrivals } from '../harness/load/arrivals.ts';
import { ask } from '../harness/load/loads.ts';
import type { Sample } from '../harness/observe/observations.ts';

const server = `
  import { createServer } from 'node:http';
  createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: token\\n\\n'.repeat(32) + 'event: done\\ndata: x\\n\\n');
  }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;
const child = spawn(process.execPath, ['--input-type=module', '-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
const [port] = (await once(child.stdout, 'data')) as [Buffer];
const baseUrl = `http://127.0.0.1:${port.toString().trim()}`;
const clock = systemClock();

console.log('rate/s  requests  good   lateness p50   p99    max (ms)');
for (const ratePerSecond of [50, 500]) {
  const random = seededRandom(1);
  const durationMs = 20_000;
  const timesMs = poissonArrivals(random.fork('times'), [{ fromMs: 0, toMs: durationMs, ratePerSecond }]);
  const ids = timesMs.map((_, index) => randomHex(random.fork(String(index)), 16));
  const samples: Sample[] = [];
  await drive({
    sender: { clock, fetch, baseUrl, originMs: clock.now() + 100 },
    operations: {
      ask: {
        request: () => ({ method: 'POST', path: '/ask', body: {} }),
        read: ({ name }) =>
          name === 'done' ? { kind: 'done', citations: [], degraded: false } : { kind: 'token', text: 'x' },
      },
    },
    corpus: {
      documents: [],
      question: () => ({ text: '', documentId: '', expected: '' }),
      batchDocument: (n) => ({ id: String(n), version: 1, title: '', text: '' }),
    },
    schedules: [{ load: ask({ ratePerSecond }), timesMs, ids }],
    signal: new AbortController().signal,
    onSample: (sample) => samples.push(sample),
    onAcknowledged: () => undefined,
  });
  const lateMs = samples
    .map((sample) => (sample.sentMs ?? Infinity) - sample.dueMs)
    .sort((left, right) => left - right);
  const at = (share: number): string => (lateMs[Math.ceil(share * lateMs.length) - 1] ?? 0).toFixed(2).padStart(6);
  const good = samples.filter((sample) => sample.outcome.kind === 'good').length;
  console.log(
    `${String(ratePerSecond).padStart(6)}  ${String(samples.length).padStart(8)}  ${good}  ${at(0.5)}  ${at(0.99)}  ${at(1)}`,
  );
}
child.kill();
