import type { Clock } from '../../../harness/kit/clock.ts';
import { withDeadline } from '../../../harness/kit/deadline.ts';
import type { ModelClient } from '../model/model-client.ts';
import type { AnswerSettings } from '../settings.ts';
import type { Passage, Store } from '../store/store.ts';
import { unlessStopped, type Work } from '../work.ts';

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
  const find = async (): Promise<readonly Passage[]> => {
    const [embedding] = await model.embed(work, [question]);
    return embedding ? store.search(embedding, settings.passages) : [];
  };
  try {
    const limited = withDeadline(clock, find(), { what: 'retrieval', limitMs: settings.retrievalLimitMs });
    const passages = await unlessStopped(work, limited);
    return { passages, degraded: passages.length === 0 };
  } catch (cause) {
    if (work.signal.aborted) throw cause;
    return { passages: [], degraded: true };
  }
}
