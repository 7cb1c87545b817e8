import { expect, it } from 'vitest';
import { RecordsInHand } from '../../../../fakes/workload/source/records-in-hand.ts';

it('tells when few records are left, also when one fails', async () => {
  const inHand = new RecordsInHand();
  const settle: (() => void)[] = [];
  void inHand.hold(new Promise<void>((resolve) => settle.push(resolve)));
  inHand.hold(new Promise<void>((_, reject) => settle.push(() => reject(new Error('no'))))).catch(() => undefined);
  const seen: number[] = [];
  void inHand.downTo(1).then(() => seen.push(1));
  const none = inHand.downTo(0).then(() => seen.push(0));
  await inHand.downTo(2);
  expect(seen).toEqual([]);
  settle[1]?.();
  await inHand.downTo(1);
  expect(seen).toEqual([1]);
  settle[0]?.();
  await none;
  expect(seen).toEqual([1, 0]);
});
