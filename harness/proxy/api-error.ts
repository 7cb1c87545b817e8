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
  badQuery: (why: string) => new ApiError(400, `bad query: ${why}`),
  bodyTooLong: (mostBytes: number) => new ApiError(413, `a body has at most ${mostBytes} bytes`),
  missingField: (field: string) => new ApiError(400, `missing required field: ${field}`),
  invalidStream: () => new ApiError(400, 'stream was invalid, can be either upstream or downstream'),
  /** @param types all that there are */
  invalidToxicType: (type: string | undefined, types: readonly string[]) =>
    new ApiError(400, 'invalid toxic type', typeHint(type, types)),
  stopped: () => new ApiError(503, 'the fault proxy has been stopped'),
  fixedSeed: () =>
    new ApiError(400, 'a seed cannot be changed: what has been decided by it would have no order any more'),
  /** @param names of those that there are */
  proxyNotFound: (name: string, names: readonly string[]) =>
    new ApiError(404, 'proxy not found', nameHint(name, { what: 'proxy', names })),
  toxicNotFound: (name: string, proxy: string, names: readonly string[]) =>
    new ApiError(404, 'toxic not found', nameHint(name, { what: 'toxic', of: proxy, names })),
  /** @param proxies that had toxics */
  receiptNotFound: (
    toxic: string,
    proxy: string,
    { proxies, names }: { proxies: readonly string[]; names: readonly string[] },
  ) =>
    new ApiError(
      404,
      'receipt not found',
      proxies.includes(proxy)
        ? nameHint(toxic, { what: 'receipt', of: proxy, names })
        : `No proxy ${quoted(proxy)} had a toxic.${didYouMean(proxy, proxies)}`,
    ),
  proxyExists: () => new ApiError(409, 'proxy already exists'),
  /** @param type of which there are that many; default of all together */
  tooManyToxics: (most: number, type?: string) =>
    new ApiError(400, `a proxy has at most ${most} toxics${type === undefined ? '' : ` of type ${type}`}`),
  toxicExists: () => new ApiError(409, 'toxic already exists'),
} as const;

/** How many names a hint lists. */
const mostNames = 20;
/** How much of a name it quotes. */
const longestQuoted = 100;

function typeHint(type: string | undefined, types: readonly string[]): string {
  if (type === undefined || type === '') return `"type" is missing. It can be ${types.join(', ')}.`;
  // The types of toxiproxy-node-client know it, no server does.
  if (type === 'down') return 'There is no type "down". Disable the proxy: POST /proxies/{proxy} {"enabled": false}.';
  return `There is no type ${quoted(type)}.${didYouMean(type, types) || ` It can be ${types.join(', ')}.`}`;
}

/** As much of it as tells what it was. */
function quoted(name: string): string {
  return name.length > longestQuoted ? `"${name.slice(0, longestQuoted)}…" (${name.length} characters)` : `"${name}"`;
}

function nameHint(name: string, { what, of, names }: { what: string; of?: string; names: readonly string[] }): string {
  const which = of === undefined ? what : `${what} of proxy ${quoted(of)}`;
  const listed = names.slice(0, mostNames).map(quoted);
  const all = `${listed.join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`;
  if (names.length === 0) return `There is no ${which} at all.`;
  const there = ` There ${names.length === 1 ? 'is' : 'are'} ${all}.`;
  return `There is no ${what} ${quoted(name)}${of === undefined ? '' : ` of proxy ${quoted(of)}`}.${didYouMean(name, names) || there}`;
}
