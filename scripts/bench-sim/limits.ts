import OpenAI from 'openai';
import type { Figure } from './figure.ts';

const dimensions = 96;
const events = 40;
/** As many callers as a busy simulated world has questions under way. */
const callers = 25;

/**
 * What the official client can do at best in this process: nothing but the package, with a `fetch` that answers at once from texts that were
 * made before. The other figures are to be read against these.
 */
export async function measureLimits(): Promise<readonly Figure[]> {
  const openai = new OpenAI({ baseURL: 'http://model.test/v1', apiKey: 'none', fetch: answerAtOnce, maxRetries: 0 });
  const embed = async (): Promise<void> => {
    const answer = await openai.embeddings.create({ model: 'm', input: ['What is the capital of France?'] });
    if (answer.data[0]?.embedding.length !== dimensions) throw new Error('An embedding has another size.');
  };
  const chat = async (): Promise<void> => {
    const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
    const stream = await openai.chat.completions.create({ model: 'm', messages, stream: true });
    let seen = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) seen++;
    if (seen !== events) throw new Error(`An answer has ${seen} events.`);
  };
  await perSecond(embed, 2000);
  await perSecond(chat, 300);
  return [
    { name: 'embeddings', value: await perSecond(embed, 20_000), unit: '/s' },
    { name: `answers of ${events} events`, value: await perSecond(chat, 4000), unit: '/s' },
  ];
}

async function perSecond(call: () => Promise<void>, count: number): Promise<number> {
  const began = performance.now();
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun++ < count) await call();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (count * 1000) / (performance.now() - began);
}

const embedding = JSON.stringify({
  ...{ object: 'list', model: 'm', usage: { prompt_tokens: 8, total_tokens: 8 } },
  data: [
    {
      ...{ object: 'embedding', index: 0 },
      // The package asks for base64 unless told otherwise, and turns it into numbers.
      embedding: Buffer.from(new Float32Array(dimensions).fill(0.1).buffer).toString('base64'),
    },
  ],
});
const chunk = (content: string | null, finish: string | null): string =>
  `data: ${JSON.stringify({
    ...{ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'm' },
    choices: [{ index: 0, delta: content === null ? {} : { content }, finish_reason: finish }],
  })}\n\n`;
const encoder = new TextEncoder();
const pieces = [
  ...Array.from({ length: events }, (_, index) => chunk(` word${index}`, null)),
  chunk(null, 'stop'),
  'data: [DONE]\n\n',
].map((text) => encoder.encode(text));

function answerAtOnce(input: Parameters<typeof fetch>[0]): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input);
  if (url.endsWith('/embeddings'))
    return Promise.resolve(new Response(embedding, { headers: { 'content-type': 'application/json' } }));
  let next = 0;
  // An event at a time, as they come from a model server.
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = pieces[next++];
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
}
