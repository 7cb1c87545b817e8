import type { AttributeSpec, AttributeValues, RequestFacts } from './http-toxic.ts';
import { withoutBlanks } from './message-head.ts';
import { formatted, numberOf, textOf } from './http-toxic.ts';

const most = Number.MAX_SAFE_INTEGER;

/** Which requests a toxic is done to; where nothing is said, all of them. Its toxicity is the share of those that match. */
export const matcherAttributes: Readonly<Record<string, AttributeSpec>> = {
  /** `POST`, or several: `POST,PUT`. */
  method: formatted(
    'a method, as "POST", or several with commas between, as "POST,PUT"',
    /^\s*[A-Za-z0-9_-]{1,32}\s*(?:,\s*[A-Za-z0-9_-]{1,32}\s*)*$/,
  ),
  /** The whole path without its query, where `*` stands for anything: `/v1/chat/*`. It is compared as it is sent. */
  path: formatted(
    'a path from its first "/" on, or from a "*" that stands for anything, as "/v1/*", without a query, and percent-encoded as it is sent',
    /^[/*][\x21-\x22\x24-\x3e\x40-\x7e]*$/,
  ),
  /** A field that has to be there, `x-priority`, or its value, `x-priority: batch*`. */
  header: formatted(
    'a field, as "name" or "name: value", with "*" for anything in the value',
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[\t ]*:[\t\x20-\x7e\x80-\xff]*)?$/,
  ),
  /** Of those that match, passes over so many. */
  after: { from: 0, to: most, unit: 'requests' },
  /** Then takes one of so many: 3 is the third, the sixth and so on. */
  nth: { from: 1, to: most, unit: 'requests', default: 1 },
  /** And no more than so many; 0 is without limit. */
  times: { from: 0, to: most, unit: 'requests' },
};

/** Whether a request is one that a toxic may be done to: method, path and header. */
export function matches(attributes: AttributeValues, request: RequestFacts): boolean {
  const method = textOf(attributes, 'method');
  if (method !== '' && !isOneOf(method, request.method)) return false;
  const path = textOf(attributes, 'path');
  if (path !== '' && !isLike(path, request.path)) return false;
  const header = textOf(attributes, 'header');
  return header === '' || hasHeader(header, request);
}

/** Whether the `count`th request that matches, from 1 on, is among those that are taken. */
export function isTurn(attributes: AttributeValues, count: number): boolean {
  const beyond = count - numberOf(attributes, 'after');
  return beyond > 0 && beyond % Math.max(1, numberOf(attributes, 'nth')) === 0;
}

/** Whether a toxic that has been done to `taken` requests may be done to another. */
export function hasTimesLeft(attributes: AttributeValues, taken: number): boolean {
  const times = numberOf(attributes, 'times');
  return times === 0 || taken < times;
}

function isOneOf(list: string, method: string): boolean {
  return list.split(',').some((one) => one.trim().toUpperCase() === method.toUpperCase());
}

function hasHeader(pattern: string, request: RequestFacts): boolean {
  const colon = pattern.indexOf(':');
  const name = (colon === -1 ? pattern : pattern.slice(0, colon)).trim().toLowerCase();
  const value = request.header(name);
  if (value === undefined) return false;
  return colon === -1 || isLike(withoutBlanks(pattern.slice(colon + 1)), value);
}

/** `*` stands for any text. Without a regular expression, which a pattern of many stars would make slow. */
function isLike(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}
