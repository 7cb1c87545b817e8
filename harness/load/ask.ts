import { createParser } from 'eventsource-parser';
import type { Clock } from '../kit/clock.ts';
import { messageOf } from '../kit/errors.ts';
import type { AskOperation, AnswerEvent } from '../world/target.ts';
import type { CorpusQuestion } from '../world/types.ts';
import type { Reading } from './request.ts';

/** What has been seen of an answer so far. */
interface Answer {
  text: string;
  tokens: number;
  firstTokenMs: number | null;
  end: Extract<AnswerEvent, { kind: 'done' | 'error' }> | null;
}

/**
 * Reads a streamed answer to its end. Good means: the end marker was seen, no error came in the band, and there is text. Correct means: it
 * has the words that were expected and cites the document that has them.
 */
export async function readAnswer(
  clock: Clock,
  operation: AskOperation,
  question: CorpusQuestion,
  response: Response,
): Promise<Reading> {
  const answer: Answer = { text: '', tokens: 0, firstTokenMs: null, end: null };
  let nonsense: string | undefined;
  const parser = createParser({
    onEvent: (event) => {
      try {
        take(answer, operation.read({ name: event.event ?? 'message', data: event.data }), clock);
      } catch (cause) {
        nonsense ??= messageOf(cause);
      }
    },
  });
  const decoder = new TextDecoder();
  let broken: string | undefined;
  try {
    const chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array> =
      (response.body as ReadableStream<Uint8Array> | null) ?? [];
    for await (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  } catch (cause) {
    broken = messageOf(cause) === 'timeout' ? 'timeout' : `stream broken: ${messageOf(cause)}`;
  }
  const { tokens, firstTokenMs } = answer;
  const code = failureOf(answer, broken, nonsense);
  if (code !== undefined || answer.end?.kind !== 'done')
    return { outcome: { kind: 'failed', code: code ?? 'no end marker' }, tokens, firstTokenMs, correct: null };
  const correct = answer.text.includes(question.expected) && answer.end.citations.includes(question.documentId);
  return { outcome: { kind: 'good', degraded: answer.end.degraded }, tokens, firstTokenMs, correct };
}

function take(answer: Answer, event: AnswerEvent, clock: Clock): void {
  if (event.kind === 'token') {
    // Streams may begin with an empty one, before anything has been generated.
    if (event.text === '') return;
    answer.firstTokenMs ??= clock.now();
    answer.tokens += 1;
    answer.text += event.text;
  } else if (event.kind !== 'other') {
    answer.end ??= event;
  }
}

function failureOf(answer: Answer, broken: string | undefined, nonsense: string | undefined): string | undefined {
  if (answer.end?.kind === 'error') return answer.end.code;
  if (answer.end?.kind !== 'done')
    return broken ?? (nonsense === undefined ? 'no end marker' : `unreadable event: ${nonsense}`);
  return answer.text === '' ? 'empty answer' : undefined;
}
