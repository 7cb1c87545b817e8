import { webcrypto } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { seededRandom } from '../../harness/kit/random.ts';
import { VirtualClock } from '../../harness/kit/virtual-clock.ts';
import { Authority } from '../../harness/proxy/tls/authority.ts';

afterEach(() => void vi.restoreAllMocks());

it('an authority whose keys could not be made makes them when it is asked again, and the same ones after it', async () => {
  const authority = new Authority(new VirtualClock(), seededRandom(1));
  vi.spyOn(webcrypto.subtle, 'generateKey').mockRejectedValueOnce(new Error('no chance left'));
  const asked = [authority.certificate(), authority.certificate()];
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const made = await authority.certificate();
  expect(made).toContain('BEGIN CERTIFICATE');
  expect(await authority.certificate()).toBe(made);
});

it('an authority gives the last 200 certificates out again, and makes one anew that is older', async () => {
  const authority = new Authority(new VirtualClock(), seededRandom(1));
  const first = await authority.context(['first']);
  for (let count = 2; count <= 200; count++) await authority.context([`number ${count}`]);
  expect(await authority.context(['first'])).toBe(first);
  const second = await authority.context(['number 2']);
  await authority.context(['number 201']);
  expect(await authority.context(['number 2'])).toBe(second);
  expect(await authority.context(['first'])).not.toBe(first);
});
