import { BedrockRuntimeClient, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, it } from 'vitest';
import { answer, invokedService, pieces, serve, type InvokedModel } from './servers.ts';
import { came, expectAtWork, faulted, type Came, type Toxic } from './support.ts';

/** What is read of a chunk, in the words of any of the models. */
interface Chunk {
  readonly delta?: { readonly text?: string; readonly stop_reason?: string | null };
  readonly contentBlockDelta?: { readonly delta: { readonly text: string } };
  readonly messageStop?: { readonly stopReason: string | null };
  readonly outputText?: string;
  readonly completionReason?: string | null;
  readonly generation?: string;
  readonly stop_reason?: string | null;
}

/** A stream, read chunk by chunk. */
function iterate(url: string): Promise<Came> {
  const bedrock = new BedrockRuntimeClient({
    ...{
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
      maxAttempts: 1,
    },
    requestHandler: new NodeHttpHandler(),
  });
  return came(async (so) => {
    const { body } = await bedrock.send(new InvokeModelWithResponseStreamCommand({ modelId: 'test', body: '{}' }));
    for await (const { chunk } of body ?? []) {
      const read = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString('utf8')) as Chunk;
      so.text += read.delta?.text ?? read.contentBlockDelta?.delta.text ?? read.outputText ?? read.generation ?? '';
      so.reason =
        [read.delta?.stop_reason, read.messageStop?.stopReason, read.completionReason, read.stop_reason].find(
          (reason) => typeof reason === 'string',
        ) ?? so.reason;
    }
  });
}

const first = (count: number): string => pieces.slice(0, count).join('');
const truncated = 'Error: Truncated event message received.';

/** Of each model: how many events come before the third piece of the text, and why it ends. */
const models = [
  ['claude', 4, 'end_turn'],
  ['nova', 3, 'end_turn'],
  ['titan', 2, 'FINISH'],
  ['llama', 2, 'stop'],
] as const;

async function seen(model: InvokedModel, toxic: Toxic): Promise<Came> {
  const service = invokedService(model);
  await using faultedService = await faulted(serve(service), toxic);
  const stream = await iterate(faultedService.url);
  await expectAtWork(faultedService, { toxic, service, streams: [stream] });
  return stream;
}

describe.concurrent.each(models)('a stream of %s by InvokeModelWithResponseStream', (model, events, reason) => {
  it('is whole where its bytes come in pieces', async () => {
    expect(await seen(model, { type: 'slicer', attributes: { average_size: 7 } })).toMatchObject({
      ...{ text: answer, reason, error: null },
    });
  });

  it('is a success with half the text where it ends between two events', async () => {
    expect(await seen(model, { type: 'stream_cut', attributes: { events, how: 'end' } })).toMatchObject({
      ...{ text: first(2), reason: null, error: null },
    });
  });

  it('is a success with half the text where a failure is hidden behind its end', async () => {
    const stream = await seen(model, { type: 'stream_cut', attributes: { events, how: 'done' } });
    // The last chunk of Titan has the rest of the text, too; of Claude the reason comes before the end.
    const text = model === 'titan' ? `${first(2)} you` : first(2);
    expect(stream).toMatchObject({ text, reason: model === 'claude' ? null : reason, error: null });
  });

  it('breaks off inside a character, in a frame that is not whole', async () => {
    const toxic = { type: 'stream_cut', attributes: { events: 0, where: 'character', how: 'end' } };
    expect(await seen(model, toxic)).toMatchObject({ text: first(1), error: truncated });
  });

  it('does not say that it is whole', async () => {
    expect(await seen(model, { type: 'stream_unfinished' })).toMatchObject({
      // What says so is a part of the text, of the reason, or stands alone.
      ...{ text: model === 'titan' ? first(3) : answer, reason: model === 'claude' ? reason : null, error: null },
    });
  });

  it('does not say why it ends', async () => {
    expect(await seen(model, { type: 'stream_unfinished', attributes: { missing: 'reason' } })).toMatchObject({
      ...{ text: answer, reason: null, error: null },
    });
  });

  it('has an exception after status 200', async () => {
    expect(await seen(model, { type: 'stream_error', attributes: { events } })).toMatchObject({
      ...{ text: first(2), error: 'ServiceUnavailableException: The request could not be completed.' },
    });
  });
});
