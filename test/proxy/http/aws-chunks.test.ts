import { describe, expect, it } from 'vitest';
import { awsChunk, isLastChunk } from '../../../harness/proxy/http/events/aws-chunks.ts';
import { awsBody, awsEvent, withAwsBody } from '../../../harness/proxy/http/events/aws-frames.ts';

const text = Buffer.from('{"text":"grüße an alle, ≤ 3 €, ÿÿÿ"}');
const base64 = text.toString('base64');

/** A frame with this as its body, as it stands. */
function frameOf(body: string): Buffer {
  return withAwsBody(awsEvent('chunk', {}), Buffer.from(body)) ?? Buffer.alloc(0);
}

describe('a chunk of InvokeModelWithResponseStream', () => {
  it.each([
    ['as it comes', `{"bytes":"${base64}","p":"abc"}`],
    ['with its padding first, which has the same text', `{"p":"${base64}","bytes":"${base64}"}`],
    ['with spaces', `{ "p": "abc", "bytes" : "${base64}" }`],
    ['with escaped slashes', `{"bytes":"${base64.replaceAll('/', '\\/')}","p":"abc"}`],
  ])('has each byte of its text in the character of base64 that has its first bit, %s', (_how, body) => {
    expect(base64).toContain('/');
    const frame = frameOf(body);
    const chunk = awsChunk(frame);
    expect(chunk?.text.equals(text)).toBe(true);
    const whole = frame.toString('latin1');
    const value = whole.indexOf('"', whole.indexOf(':', whole.indexOf('"bytes"'))) + 1;
    for (let index = 0; index < text.length; index++) {
      const passed = whole.slice(value, chunk?.placeOf(index)).replaceAll('\\', '');
      expect(base64.startsWith(passed)).toBe(true);
      // Six bits each: none of the byte has passed, and all characters before the one that has its first bit.
      expect(passed.length * 6).toBeLessThanOrEqual(index * 8);
      expect(passed.length * 6).toBeGreaterThan(index * 8 - 6);
    }
  });

  it('keeps what else is in it when its text is another', () => {
    const changed = awsChunk(frameOf(`{"bytes":"${base64}","p":"abc"}`))?.with(Buffer.from('{}'));
    expect(JSON.parse(String(changed && awsBody(changed)))).toEqual({ bytes: 'e30=', p: 'abc' });
  });

  it.each([
    ['is another event', awsEvent('messageStop', { bytes: base64 })],
    ['has no bytes', awsEvent('chunk', { p: 'abc' })],
    ['has bytes that are no text', awsEvent('chunk', { bytes: 5 })],
    ['is no JSON', frameOf('{"bytes":')],
    ['is no frame', Buffer.from('chunk')],
  ])('is none where it %s', (_what, frame) => {
    expect(awsChunk(frame)).toBeUndefined();
  });

  const metrics = { 'amazon-bedrock-invocationMetrics': { invocationLatency: 40 } };
  const names = new Set(['message_stop', 'messageStop', 'done']);
  it.each([
    [{ type: 'message_stop' }, true],
    [{ messageStop: { stopReason: 'end_turn' } }, true],
    [{ type: 'completion', stop_reason: 'stop_sequence', ...metrics }, true],
    [{ generation: '', ...metrics }, true],
    [{ type: 'content_block_delta', messageStop: {} }, false],
    [{ generation: 'a', done: true }, false],
    [{ generation: 'a', done: null }, false],
    [{ generation: 'a' }, false],
  ])('of %j is the last: %s', (fields, isLast) => {
    expect(isLastChunk(Buffer.from(JSON.stringify(fields)), names)).toBe(isLast);
  });

  it('of no JSON is not the last', () => {
    expect(['', 'null', '"done"', '{'].map((json) => isLastChunk(Buffer.from(json), names))).not.toContain(true);
  });
});
