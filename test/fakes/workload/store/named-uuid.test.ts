import { expect, it } from 'vitest';
import { namedUuid } from '../../../../fakes/workload/store/named-uuid.ts';

it('gives a name its own UUID of version 5, the same everywhere', () => {
  expect(namedUuid('ticket-1')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(namedUuid('ticket-1')).toBe('aaec8c76-b79c-57fa-ae4b-3f3cc5c077c8');
  expect(namedUuid('ticket-2')).not.toBe(namedUuid('ticket-1'));
});
