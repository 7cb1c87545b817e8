import type { DefectId } from './defects.ts';

/** What the workload can be told. Times are milliseconds. */
export interface WorkloadSettings {
  readonly model: ModelSettings;
  readonly crm: CrmSettings;
  readonly answer: AnswerSettings;
  readonly admission: AdmissionSettings;
  /** Who calls without saying how long they wait gets this long, and nobody gets longer. Default 10 s. */
  readonly callerLimitMs: number;
  /** The defect that is switched on; default none. */
  readonly defect: DefectId | null;
}

export interface ModelSettings {
  /** Up to and including `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly chatModel: string;
  readonly embeddingModel: string;
  /** Numbers in an embedding; another number is an error. Default 96. */
  readonly dimension: number;
}

export interface CrmSettings {
  readonly baseUrl: string;
  readonly token: string;
  /** Requests at the source at a time. Default 6. */
  readonly parallelism: number;
  /** Between two looks at the end of the feed. Default 500. */
  readonly pollEveryMs: number;
  /** Attempts at one operation, the first included. Default 3. */
  readonly attempts: number;
  /** A source that wants a longer pause than this gets it, but the operation goes to the dead letters. Default 60 s. */
  readonly longestPauseMs: number;
  /** How long one attempt may take. Default 3 s: less than a third of an outage of 10 s, and 200 times what a healthy CRM takes. */
  readonly attemptLimitMs: number;
}

export interface AnswerSettings {
  /** Passages in a prompt. Default 3. */
  readonly passages: number;
  readonly maxOutputTokens: number;
  /** Longer questions are refused with 400. Default 2,000 characters. */
  readonly maxQuestionCharacters: number;
  /** Larger prompts are refused with 400, before the model is called. Default 1,024 tokens of 4 characters. */
  readonly maxPromptTokens: number;
  /** How long retrieval may take before the answer goes on without it. Default 3 s. */
  readonly retrievalLimitMs: number;
}

export interface AdmissionSettings {
  /** Questions that may wait. Default 64. */
  readonly interactiveQueue: number;
  /** Batches that may wait. Default 32. */
  readonly batchQueue: number;
  /** Questions at the model server at a time, at most, however large its cache is. Default 128. */
  readonly interactiveInFlight: number;
  /** Batches at the model server at a time, at most. Default 6. */
  readonly batchInFlight: number;
  /** Time to first token that batch work has to leave room for. Default 300. */
  readonly firstTokenTargetMs: number;
  /** Share of the model server's cache that questions may fill. Default 0.95. */
  readonly cacheShare: number;
}

type DeepPartial<T> = { readonly [K in keyof T]?: T[K] extends string | number | null ? T[K] : DeepPartial<T[K]> };

/** Settings with the defaults filled in. */
export function workloadSettings(given: DeepPartial<WorkloadSettings> = {}): WorkloadSettings {
  return {
    model: {
      baseUrl: 'http://model-server.test/v1',
      apiKey: 'none',
      chatModel: 'gameday-chat',
      embeddingModel: 'gameday-embed',
      dimension: 96,
      ...given.model,
    },
    crm: {
      baseUrl: 'http://crm.test',
      token: 'none',
      parallelism: 6,
      pollEveryMs: 500,
      attempts: 3,
      longestPauseMs: 60_000,
      attemptLimitMs: 3000,
      ...given.crm,
    },
    answer: {
      passages: 3,
      maxOutputTokens: 40,
      maxQuestionCharacters: 2000,
      maxPromptTokens: 1024,
      retrievalLimitMs: 3000,
      ...given.answer,
    },
    admission: {
      interactiveQueue: 64,
      batchQueue: 32,
      interactiveInFlight: 128,
      batchInFlight: 6,
      firstTokenTargetMs: 300,
      cacheShare: 0.95,
      ...given.admission,
    },
    callerLimitMs: given.callerLimitMs ?? 10_000,
    defect: given.defect ?? null,
  };
}
