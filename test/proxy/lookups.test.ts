import type { LookupAddress } from 'node:dns';
import { expect, it } from 'vitest';
import { Lookups, type LookUpAll } from '../../harness/proxy/lookups.ts';

/** A system that answers when it is told to. */
function slowSystem(): { asked: string[]; system: LookUpAll; answer: (addresses: LookupAddress[]) => void } {
  const asked: string[] = [];
  const waiting: ((addresses: LookupAddress[]) => void)[] = [];
  return {
    asked,
    system: (name, answer) => {
      asked.push(name);
      waiting.push((addresses) => {
        const cause = addresses.length === 0 ? Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }) : null;
        answer(cause, addresses);
      });
    },
    answer: (addresses) => {
      for (const one of waiting.splice(0)) one(addresses);
    },
  };
}

const both: LookupAddress[] = [
  { address: '::7', family: 6 },
  { address: '10.0.0.7', family: 4 },
];

it('asks once for all connections that want a name at the same time, and again for later ones', () => {
  const { asked, system, answer } = slowSystem();
  const { lookup } = new Lookups(system);
  const found: unknown[] = [];
  for (const name of ['a.test', 'A.test', 'b.test', 'a.test'])
    lookup(name, { all: true }, (cause, addresses) => found.push(cause ?? addresses));
  expect([asked, found]).toEqual([['a.test', 'b.test'], []]);
  answer(both);
  expect(found).toEqual([both, both, both, both]);
  lookup('a.test', {}, (_cause, address, family) => found.push([address, family]));
  answer(both);
  expect([asked, found.at(-1)]).toEqual([
    ['a.test', 'b.test', 'a.test'],
    ['::7', 6],
  ]);
});

it('gives addresses of the family that is asked for, and tells all who wait why there are none', () => {
  const { system, answer } = slowSystem();
  const { lookup } = new Lookups(system);
  const found: unknown[] = [];
  lookup('a.test', { family: 4 }, (_cause, address) => found.push(address));
  lookup('a.test', { family: 'IPv6', all: true }, (_cause, address) => found.push(address));
  answer(both);
  expect(found).toEqual(['10.0.0.7', [both[0]]]);
  for (let count = 0; count < 2; count++) lookup('none.test', {}, (cause) => found.push(cause?.code));
  answer([]);
  lookup('six.test', { family: 4 }, (cause) => found.push(cause?.code));
  answer(both.slice(0, 1));
  expect(found.slice(2)).toEqual(['ENOTFOUND', 'ENOTFOUND', 'ENOTFOUND']);
});

it('asks nobody for localhost', async () => {
  const { asked, system } = slowSystem();
  const { lookup } = new Lookups(system);
  const addresses = await new Promise((resolve) => {
    lookup('localhost', { all: true }, (_cause, found) => {
      resolve(found);
    });
  });
  expect([asked, addresses]).toEqual([
    [],
    [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ],
  ]);
});
