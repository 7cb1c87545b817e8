/** A document as it is stored: one chunk each. */
export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly text: string;
  readonly embedding: readonly number[];
}

/** What a search found, the nearest first. */
export interface Passage {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A record that could not be ingested and is not forgotten. */
export interface DeadLetter {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly reason: string;
  /** When it was put aside: epoch milliseconds. */
  readonly atMs: number;
}

/** Where documents live, and what has to survive a crash with them. Every method that writes answers when it is durable. */
export interface Store {
  /** Creates what is missing. Throws while the store cannot be reached. */
  prepare(): Promise<void>;
  /** Stores documents; where a higher or equal version is there already, that one stays. Doing it twice changes nothing. */
  upsert(documents: readonly StoredDocument[]): Promise<void>;
  search(embedding: readonly number[], count: number): Promise<readonly Passage[]>;
  list(): Promise<readonly { readonly id: string; readonly version: number }[]>;
  /** Where following a source has got to; null at the beginning. */
  cursor(source: string): Promise<string | null>;
  saveCursor(source: string, cursor: string): Promise<void>;
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Keeps a letter, one for each record; where one of a higher version is there already, that one stays. */
  putDeadLetter(letter: DeadLetter): Promise<void>;
  /** Takes the letter of a record away; one of a higher version than this stays. */
  removeDeadLetter(record: { readonly id: string; readonly version: number }): Promise<void>;
  stop(): Promise<void>;
}
