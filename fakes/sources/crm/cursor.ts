/** A place in the export: everything up to and with this change has been handed out. */
export interface Position {
  /** Of the last change handed out; 0 = none yet. */
  readonly sequence: number;
  /** When that was, in whole epoch seconds. */
  readonly seconds: number;
}

/**
 * An opaque cursor, base64 of `1580753798.0||432|` (time and number): the shape seen in Zendesk's own examples, e.g.
 * `MTU4MDc1Mzc5OC4wfHw0MzJ8`.
 */
export function encodeCursor(position: Position): string {
  return Buffer.from(`${position.seconds}.0||${position.sequence}|`).toString('base64');
}

/** The place that a cursor stands for; undefined when it is none of ours. */
export function decodeCursor(cursor: string): Position | undefined {
  const text = Buffer.from(cursor, 'base64').toString('latin1');
  const [, seconds, sequence] = /^(\d{1,12})\.0\|\|(\d{1,12})\|$/.exec(text) ?? [];
  if (seconds === undefined || sequence === undefined) return undefined;
  return { seconds: Number(seconds), sequence: Number(sequence) };
}
