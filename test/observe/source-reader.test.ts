import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../harness/kit/json.ts';
import { sourceReader } from '../../harness/source-reader.ts';

const item = (id: string, version: number) => ({ id, version, atMs: version * 1000 });

/** A part that gives these answers one after the other, and the paths that it was asked for. */
function partThatSays(answers: readonly JsonValue[]) {
  const asked: string[] = [];
  const admin = (_method: string, path: string): Promise<JsonValue> => {
    asked.push(path);
    return Promise.resolve(answers[asked.length - 1] ?? null);
  };
  return { part: { admin }, asked };
}

describe('what is at a source', () => {
  it('is what was known before with what has changed since, where the source says how far it told', async () => {
    const { part, asked } = partThatSays([
      { items: [item('a', 1), item('b', 1)], next: 2 },
      { items: [item('b', 2), item('c', 1)], next: 4 },
      { items: [], next: 4 },
    ]);
    const read = sourceReader(part);
    expect(await read()).toEqual([item('a', 1), item('b', 1)]);
    expect(await read()).toEqual([item('a', 1), item('b', 2), item('c', 1)]);
    expect(await read()).toEqual([item('a', 1), item('b', 2), item('c', 1)]);
    expect(asked).toEqual(['/state?after=0', '/state?after=2', '/state?after=4']);
  });

  it('is the last answer where the source tells everything each time', async () => {
    const { part, asked } = partThatSays([{ items: [item('a', 1), item('b', 1)] }, { items: [item('b', 2)] }]);
    const read = sourceReader(part);
    await read();
    expect(await read()).toEqual([item('b', 2)]);
    expect(asked).toEqual(['/state?after=0', '/state?after=0']);
  });

  it('keeps the newer version when answers overtake each other', async () => {
    const { part } = partThatSays([
      { items: [item('a', 3)], next: 3 },
      { items: [item('a', 2)], next: 2 },
    ]);
    const read = sourceReader(part);
    await read();
    expect(await read()).toEqual([item('a', 3)]);
  });

  it('is an error when the answer is none', async () => {
    await expect(sourceReader(partThatSays([{ item: [] }]).part)()).rejects.toThrow('items');
    await expect(sourceReader(undefined)()).rejects.toThrow();
  });
});
