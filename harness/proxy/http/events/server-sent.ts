import { createParser } from 'eventsource-parser';

/** Name and data of one server-sent event; undefined where it has no data, as a comment. */
export function readServerSent(
  event: Buffer,
): { readonly name: string | undefined; readonly data: string } | undefined {
  let read: { name: string | undefined; data: string } | undefined;
  const parser = createParser({ onEvent: ({ event: name, data }) => (read ??= { name, data }) });
  parser.feed(event.toString('utf8'));
  return read;
}
