import { didYouMean } from '../kit/suggest.ts';

/** A refusal in the words and with the status of Toxiproxy. What it does not say is in the hint, a field of its own. */
export class ApiError extends Error {
  readonly status: number;
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.hint = hint;
  }
}

export const apiErrors = {
  badBody: (why: string) => new ApiError(400, `bad request body: ${why}`),
  bodyTooLong: (mostBytes: number) => new ApiError(413, `a body has at most ${mostBytes} bytes`),
  missingField: (field: string) => new ApiError(400, `missing required field: ${field}`),
  invalidStream: () => new ApiError(400, 'stream was invalid, can be either upstream or downstream'),
  /** @param types all that there are */
  invalidToxicType: (type: string | undefined, types: readonly string[]) =>
    new ApiError(400, 'invalid toxic type', typeHint(type, types)),
  fixedSeed: () =>
    new ApiError(400, 'a seed cannot be changed: what has been decided by it would have no order any more'),
  /** @param names of those that there are */
  proxyNotFound: (name: string, names: readonly string[]) =>
    new ApiError(404, 'proxy not found', nameHint(name, { what: 'proxy', names })),
  toxicNotFound: (name: string, names: readonly string[]) =>
    new ApiError(404, 'toxic not found', nameHint(name, { what: 'toxic', names })),
  receiptNotFound: (toxic: string, names: readonly string[]) =>
    new ApiError(404, 'receipt not found', nameHint(toxic, { what: 'receipt', names })),
  proxyExists: () => new ApiError(409, 'proxy already exists'),
  toxicExists: () => new ApiError(409, 'toxic already exists'),
} as const;

/** How many names a hint lists. */
const mostNames = 20;

function typeHint(type: string | undefined, types: readonly string[]): string {
  if (type === undefined || type === '') return `"type" is missing. It can be ${types.join(', ')}.`;
  // The types of toxiproxy-node-client know it, no server does.
  if (type === 'down') return 'There is no type "down". Disable the proxy: POST /proxies/{proxy} {"enabled": false}.';
  return `There is no type "${type}".${didYouMean(type, types) || ` It can be ${types.join(', ')}.`}`;
}

function nameHint(name: string, { what, names }: { what: string; names: readonly string[] }): string {
  const listed = names.slice(0, mostNames).map((known) => `"${known}"`);
  const all = `${listed.join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`;
  if (names.length === 0) return `There is no ${what} at all.`;
  const there = ` There ${names.length === 1 ? 'is' : 'are'} ${all}.`;
  return `There is no ${what} "${name}".${didYouMean(name, names) || there}`;
}
