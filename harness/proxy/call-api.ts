import { z } from 'zod';
import { GamedayError, messageOf, wholeMessageOf } from '../kit/errors.ts';
import { fetchWithin, type Caller } from '../kit/fetch-within.ts';

/** The server said no. */
export class ProxyRefusal extends GamedayError {
  readonly status: number;

  constructor(
    what: string,
    { status, why, hint }: { readonly status: number; readonly why: string; readonly hint?: string | undefined },
  ) {
    super('harness', [`The fault proxy refused ${what}: ${why} (status ${status}).`, hint].join(' ').trimEnd());
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

/** Who asks, for the logs of whatever is in between. */
const ourName = { 'user-agent': 'gameday' };

/** Control never waits for data, so an answer that takes this long will not come. */
const answerLimitMs = 10_000;

/** What a proxy server answers a call with, its JSON read; undefined where it answers nothing. Throws a ProxyRefusal, or a GamedayError without an answer. */
export async function ask<T>(caller: Caller, method: string, url: string, body?: unknown): Promise<T> {
  const answer = await askText(caller, method, url, body);
  return understood(method, url, () => (answer === '' ? undefined : (JSON.parse(answer) as unknown))) as T;
}

/** What an answer says. Throws a GamedayError with the call where it is not what a proxy server says: somebody else listens there. */
export function understood<T>(method: string, url: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new GamedayError(
      'harness',
      `What was answered to ${method} ${url} is not what a fault proxy says: ${problem}`,
      {
        hint: 'Something else may listen on that port.',
        cause,
      },
    );
  }
}

/** What a proxy server answers a call with, as text. Throws as `ask` does. */
export async function askText(caller: Caller, method: string, url: string, body?: unknown): Promise<string> {
  const what = `${method} ${new URL(url).pathname}`;
  const isJson = { 'content-type': 'application/json' };
  const text =
    body === undefined ? { headers: ourName } : { body: JSON.stringify(body), headers: { ...ourName, ...isJson } };
  const init = { method, limitMs: answerLimitMs, ...text };
  const answer = await fetchWithin(caller, url, init, async (response) => ({
    ...{ ok: response.ok, status: response.status },
    text: await response.text(),
  })).catch((cause: unknown) => {
    throw new GamedayError('harness', `The fault proxy did not answer ${what}: ${wholeMessageOf(cause)}.`, { cause });
  });
  if (!answer.ok) throw new ProxyRefusal(what, { status: answer.status, ...errorOf(answer.text) });
  return answer.text;
}

const Refusal = z.object({ error: z.string(), hint: z.string().optional() });

function errorOf(answer: string): { why: string; hint?: string | undefined } {
  try {
    const { error, hint } = Refusal.parse(JSON.parse(answer));
    return { why: error, hint };
  } catch {
    return { why: answer.trim() };
  }
}
