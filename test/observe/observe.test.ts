import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { startCallLog } from '../../harness/observe/call-log.ts';
import { startLedgerLog } from '../../harness/observe/ledger-log.ts';
import type { Call } from '../../harness/observe/observations.ts';
import { parsePrometheusText } from '../../harness/observe/prometheus-text.ts';
import { startScraper } from '../../harness/observe/scraper.ts';
import { createSeriesStore } from '../../harness/observe/series.ts';
import { startTelemetryReceiver } from '../../harness/observe/telemetry-receiver.ts';

describe('a metrics page', () => {
  it('is read line by line, without comments and buckets', () => {
    const text = [
      '# HELP vllm:num_requests_waiting Waiting.',
      'vllm:num_requests_waiting{model_name="a\\"b",engine="0"} 3',
      'up 1 1700000000',
      'x_bucket{le="1"} 4',
      'broken line',
      '',
    ].join('\n');
    expect(parsePrometheusText(text)).toEqual([
      { name: 'vllm:num_requests_waiting', labels: { model_name: 'a"b', engine: '0' }, value: 3 },
      { name: 'up', labels: {}, value: 1 },
    ]);
  });

  it('that cannot be read leaves a gap and does not end the scraping', async () => {
    const clock = new VirtualClock();
    const series = createSeriesStore();
    let asked = 0;
    const read = (): Promise<string> =>
      ++asked === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(`queue ${asked}`);
    const scraper = startScraper(clock, [{ source: 'gpu', read }], series, 1000);
    await clock.advance(2500);
    await clock.run(scraper.stop());
    expect(series.since(0)).toEqual([
      {
        source: 'gpu',
        name: 'queue',
        labels: {},
        unit: '',
        points: [
          [0, 1],
          [2000, 3],
        ],
      },
    ]);
  });
});

describe('the telemetry receiver', () => {
  it('takes what the official OpenTelemetry exporter sends', async () => {
    const series = createSeriesStore();
    const receiver = await startTelemetryReceiver(series);
    const exporter = new OTLPMetricExporter({ url: `${receiver.url}/v1/metrics` });
    const provider = new MeterProvider({
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })],
    });
    const meter = provider.getMeter('test');
    meter.createCounter('questions').add(3, { class: 'interactive' });
    meter.createHistogram('duration', { unit: 's' }).record(0.5);
    await provider.shutdown();
    await receiver.stop();
    const seen = series
      .since(0)
      .map(({ name, labels, unit, points }) => ({ name, labels, unit, value: points[0]?.[1] }));
    expect(seen).toEqual([
      { name: 'questions', labels: { class: 'interactive' }, unit: '', value: 3 },
      { name: 'duration.count', labels: {}, unit: 's', value: 1 },
      { name: 'duration.sum', labels: {}, unit: 's', value: 0.5 },
    ]);
  });

  it('says what to set when another encoding comes, and refuses nonsense', async () => {
    const receiver = await startTelemetryReceiver(createSeriesStore());
    const post = (type: string, body: string): Promise<Response> =>
      fetch(`${receiver.url}/v1/metrics`, { method: 'POST', headers: { 'content-type': type }, body });
    expect(await (await post('application/x-protobuf', 'x')).text()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/json');
    expect((await post('application/json', '{"resourceMetrics": 7}')).status).toBe(400);
    expect((await post('application/json', 'nonsense')).status).toBe(400);
    await receiver.stop();
  });
});

describe('the call log', () => {
  it('fetches while the run goes on, and the open calls at its end, with times since the origin', async () => {
    const clock = new VirtualClock(1000);
    const journal: Call[] = [call(1, 1100), call(2, 1200)];
    const log = startCallLog(
      clock,
      new Map([
        [
          'crm',
          async (after, open) => ({
            calls: [...journal.slice(after), ...(open ? [{ ...call(9, 1300), endedMs: null }] : [])],
            next: journal.length,
          }),
        ],
      ]),
      2000,
    );
    await clock.advance(2000);
    journal.push(call(3, 3000));
    const { calls, missing } = await clock.run(log.finish(1000));
    expect(calls.map(({ number, receivedMs, endedMs }) => [number, receivedMs, endedMs])).toEqual([
      [1, 100, 101],
      [2, 200, 201],
      [9, 300, null],
      [3, 2000, 2001],
    ]);
    expect(missing).toEqual([]);
  });

  it('names the parts whose journal cannot be read', async () => {
    const clock = new VirtualClock();
    const log = startCallLog(clock, new Map([['crm', () => Promise.reject(new Error('gone'))]]));
    expect(await clock.run(log.finish(0))).toEqual({ calls: [], missing: ['crm'] });
  });
});

describe('the ledger log', () => {
  it('counts the source versions that are not stored yet, every second', async () => {
    const clock = new VirtualClock();
    const source = [
      { id: 'a', version: 2, atMs: 0 },
      { id: 'b', version: 1, atMs: 0 },
    ];
    const stored = [{ id: 'a', version: 1 }];
    const log = startLedgerLog(clock, {
      sources: new Map([['crm', async () => source]]),
      stored: async () => stored,
      deadLetters: async () => [{ id: 'z', version: 1, reason: 'poison' }],
    });
    await clock.advance(500);
    stored.push({ id: 'b', version: 1 });
    await clock.advance(600);
    const { ledger, problems } = await clock.run(log.finish(0));
    expect(ledger.backlog).toEqual([
      [0, 2],
      [1000, 1],
    ]);
    expect(ledger.stored).toEqual([
      { id: 'a', version: 1, atMs: null },
      { id: 'b', version: 1, atMs: 1000 },
    ]);
    expect(ledger.deadLetters).toEqual([{ id: 'z', version: 1, reason: 'poison', atMs: null }]);
    expect(problems).toEqual([]);
  });

  it('takes the later of two rows of one document, in whatever order they come, and counts readings that failed', async () => {
    const clock = new VirtualClock();
    const rows = [
      { id: 'a', version: 2 },
      { id: 'a', version: 1 },
    ];
    let readings = 0;
    const log = startLedgerLog(clock, {
      sources: new Map([['crm', async () => [{ id: 'a', version: 2, atMs: 0 }]]]),
      stored: () => (++readings === 2 ? Promise.reject(new Error('gone')) : Promise.resolve(rows)),
      deadLetters: undefined,
    });
    await clock.advance(1100);
    const { ledger, problems } = await clock.run(log.finish(0));
    expect(ledger.backlog).toEqual([[0, 0]]);
    // A target that offers none puts nothing aside.
    expect(ledger.deadLetters).toEqual([]);
    expect(problems).toEqual(['The backlog could not be read once.']);
  });

  it('says what it could not read instead of taking it for empty', async () => {
    const clock = new VirtualClock();
    const log = startLedgerLog(clock, {
      sources: new Map(),
      stored: () => Promise.reject(new Error('refused')),
      deadLetters: () => Promise.reject(new Error('gone')),
    });
    const { ledger, problems } = await clock.run(log.finish(0));
    expect(ledger.stored).toBeNull();
    expect(ledger.deadLetters).toBeNull();
    expect(problems).toEqual(['Could not read the dead letters: gone', 'Could not read what is stored: refused']);
  });
});

function call(number: number, receivedMs: number): Call {
  return {
    ...{
      part: 'crm',
      number,
      method: 'GET',
      path: '/',
      operation: null,
      traceId: null,
      attempt: 1,
      workClass: null,
      dueMs: null,
    },
    ...{
      receivedMs,
      endedMs: receivedMs + 1,
      status: 200,
      outcome: 'ok',
      retryAfterMs: null,
      tokens: 0,
      fault: null,
      figures: {},
    },
  };
}
