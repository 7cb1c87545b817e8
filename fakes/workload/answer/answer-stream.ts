import { pieceStream } from '../../../harness/kit/piece-stream.ts';
import { asFailure } from '../failure.ts';
import type { AnswerPart } from './answer-question.ts';

/**
 * An answer as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `token` as it comes, then `done`, or
 * `error` where it broke. `first` has been taken from `rest` already. `onEnd` is called once, also when the reader goes away; it says whether
 * all of the answer was sent.
 */
export function answerStream(
  first: AnswerPart,
  rest: AsyncGenerator<AnswerPart, void>,
  onEnd: (isWhole: boolean) => void,
): ReadableStream<Uint8Array> {
  let pending: AnswerPart | null = first;
  return pieceStream({
    pull: async (writer) => {
      let isWhole = false;
      try {
        const part = pending ?? (await rest.next()).value;
        pending = null;
        if (part) writer.enqueue(Buffer.from(eventOf(part)));
        if (part?.kind === 'token') return;
        isWhole = true;
      } catch (cause) {
        const { code, message } = asFailure(cause);
        writer.enqueue(Buffer.from(event('error', { code, message })));
      }
      // After its end, an answer still holds its place at the model server until it is told that nobody reads on.
      await rest.return();
      onEnd(isWhole);
      writer.close();
    },
    cancel: async () => {
      onEnd(false);
      await rest.return();
    },
  }).stream;
}

function eventOf(part: AnswerPart): string {
  if (part.kind === 'token') return event('token', { text: part.text });
  const { citations, degraded, finishReason } = part;
  return event('done', { citations, degraded, finishReason });
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
