import type { Clock } from '../../../harness/kit/clock.ts';
import type { Admission } from '../admission/admission.ts';
import { Failure } from '../failure.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { AnswerSettings } from '../settings.ts';
import type { Store } from '../store/store.ts';
import type { Work } from '../work.ts';
import { findCitations } from './citations.ts';
import { buildPrompt } from './prompt.ts';
import { retrieve } from './retrieve.ts';

/** A piece of an answer, or its end. An answer without an end is not one. */
export type AnswerPart =
  | { readonly kind: 'token'; readonly text: string }
  | {
      readonly kind: 'done';
      readonly citations: readonly string[];
      readonly degraded: boolean;
      readonly finishReason: string;
    };

export interface AnswerParts {
  readonly clock: Clock;
  readonly admission: Admission;
  readonly model: ModelClient;
  readonly store: Store;
  readonly settings: AnswerSettings;
}

/** Answers a question from what is stored, piece by piece. Throws a `Failure`. */
export async function* answerQuestion(
  question: string,
  work: Work,
  parts: AnswerParts,
): AsyncGenerator<AnswerPart, void> {
  checkQuestion(question, parts.settings);
  parts.admission.checkDoor();
  const answered = parts.admission.questionWaits();
  try {
    const { passages, degraded } = await retrieve(question, work, parts);
    const prompt = buildPrompt(question, passages, parts.settings);
    const size = { promptTokens: prompt.tokens, outputTokens: parts.settings.maxOutputTokens };
    const lease = await parts.admission.question(work, size);
    // A caller who neither reads on nor hangs up must not hold the place for longer than the model works for it.
    const release = (): void => lease.release();
    work.signal.addEventListener('abort', release, { once: true });
    let text = '';
    let rest: AsyncGenerator<string, string> | undefined;
    try {
      const begun = await parts.model.chat(work, prompt.messages);
      ({ rest } = begun);
      let next = begun.first;
      for (; next.done !== true; next = await rest.next()) {
        answered();
        text += next.value;
        yield { kind: 'token', text: next.value };
      }
      // The model is done with it, however long the reader takes.
      release();
      yield { kind: 'done', citations: findCitations(text, passages), degraded, finishReason: next.value };
    } finally {
      try {
        await rest?.return('stopped');
      } finally {
        release();
        work.signal.removeEventListener('abort', release);
      }
    }
  } finally {
    answered();
  }
}

function checkQuestion(question: string, settings: AnswerSettings): void {
  if (question.trim() === '') throw new Failure('bad_input', 'The question is empty.');
  const most = settings.maxQuestionCharacters;
  if (question.length > most)
    throw new Failure('bad_input', `The question has ${question.length} characters; at most ${most} are allowed.`);
}
