import type { Clock } from '../../../harness/kit/clock.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { AnswerSettings } from '../settings.ts';
import type { Passage, Store } from '../store/store.ts';
import { openWork, reasonOf, unlessStopped, type Work } from '../work.ts';

/** What a question can be answered from. */
export interface Retrieved {
  readonly passages: readonly Passage[];
  /** Nothing could be looked up: the answer is not what it should be, and has to say so. */
  readonly degraded: boolean;
}

/** Embeds the question and looks up the nearest passages. A failure on the way degrades the answer; work that was stopped is thrown. */
export async function retrieve(
  question: string,
  work: Work,
  parts: { clock: Clock; model: ModelClient; store: Store; settings: AnswerSettings },
): Promise<Retrieved> {
  const { clock, model, store, settings } = parts;
  // What is not waited for any longer is not worked on either.
  const lookUp = openWork({ ...work, timeoutMs: null, hangUp: work.signal }, clock, {
    callerLimitMs: settings.retrievalLimitMs,
    defect: null,
  });
  const find = async (): Promise<readonly Passage[]> => {
    const [embedding] = await model.embed(lookUp, [question]);
    return embedding ? store.search(embedding, settings.passages) : [];
  };
  try {
    const passages = await unlessStopped(lookUp, find());
    lookUp.finish();
    return { passages, degraded: passages.length === 0 };
  } catch {
    lookUp.close();
    if (work.signal.aborted) throw reasonOf(work.signal);
    return { passages: [], degraded: true };
  }
}
