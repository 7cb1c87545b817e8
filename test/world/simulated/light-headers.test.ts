import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LightHeaders, lightHeaders } from '../../../harness/world/simulated/light-headers.ts';

const Light = LightHeaders as unknown as typeof Headers;

/** What can be seen of headers. */
function seen(headers: Headers): unknown {
  const each: string[] = [];
  headers.forEach((value, name) => each.push(`${name}=${value}`));
  return {
    ...{ entries: [...headers], keys: [...headers.keys()], values: [...headers.values()], each },
    cookies: headers.getSetCookie(),
  };
}

/** What an act gives, or that it is refused. */
function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (cause) {
    return cause instanceof TypeError ? 'TypeError' : cause;
  }
}

const name = fc.oneof(
  fc.constantFrom('accept', 'Accept', 'X-One', 'x-one', 'set-cookie', 'Set-Cookie', 'cookie', 'content-type'),
  fc.constantFrom('', 'no good', 'grüße', 'x\n', 'x:y'),
);
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('', 'one', ' spaced\t', 'a\r\nb', '\0', 'grüße', '日本', 'tab\tinside', '\n trimmed \r\n'),
);
const act = fc.oneof(
  fc.record({ kind: fc.constantFrom('append' as const, 'set' as const), name, value }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'get' as const, 'has' as const), name }),
);

describe('light headers', () => {
  it('do whatever is done to them as the platform does', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), (acts) => {
        const [light, real] = [new Light(), new Headers()];
        for (const one of acts) {
          const done = [light, real].map((headers) =>
            outcome(() => {
              if (!('value' in one)) return headers[one.kind](one.name);
              headers[one.kind](one.name, one.value);
              return undefined;
            }),
          );
          expect(done[0]).toEqual(done[1]);
        }
        expect(seen(light)).toEqual(seen(real));
        expect(seen(new Light(light))).toEqual(seen(real));
        // Made of pairs, values are trimmed once more.
        expect(seen(new Headers(light))).toEqual(seen(new Headers([...real])));
        expect(seen(new Light(real))).toEqual(seen(new Headers([...real])));
      }),
      { numRuns: 500 },
    );
  });

  it.each<{ what: string; init: unknown }>([
    { what: 'nothing', init: undefined },
    { what: 'a record', init: { B: '2', a: '1', 'set-cookie': 'x' } },
    { what: 'a record of what is no text', init: { a: 1, b: undefined, c: null } },
    { what: 'pairs', init: [['b', '2'], ['a', '1'], ['a', '3']] }, // prettier-ignore
    { what: 'a map', init: new Map([['a', '1']]) },
    { what: 'pairs that are none', init: [['a']] },
    { what: 'null', init: null },
    { what: 'a number', init: 7 },
    { what: 'a bad name', init: { 'no good': '1' } },
  ])('are made of $what as the platform makes them', ({ init }) => {
    const made = [Light, Headers].map((Kind) => outcome(() => seen(new Kind(init as Headers))));
    expect(made[0]).toEqual(made[1]);
  });

  it('pass for the platform’s, and the platform takes them', () => {
    const headers = lightHeaders({ 'x-one': '1' });
    expect(headers instanceof Headers).toBe(true);
    expect(new Headers() instanceof Light).toBe(true);
    expect(Object.prototype.toString.call(headers)).toBe('[object Headers]');
    expect(new Response(null, { headers }).headers.get('x-one')).toBe('1');
  });
});
