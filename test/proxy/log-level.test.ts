import { expect, it } from 'vitest';
import { serverLog } from '../../harness/proxy/log-level.ts';

/** Which of three lines a level lets through. */
function written(text: string | undefined): string[] {
  const lines: string[] = [];
  const { log, trace } = serverLog(text, (line) => lines.push(line));
  trace?.('call', 'debug');
  trace?.('door', 'info');
  log('mishap');
  return lines;
}

const unknown = (text: string): unknown => expect.stringMatching(`^error: unknown LOG_LEVEL value: "${text}"`);

// As zerolog reads them, which toxiproxy-server takes: tried on the real one.
it.each([
  ['trace', ['debug: call', 'info: door', 'error: mishap']],
  ['DEBUG', ['debug: call', 'info: door', 'error: mishap']],
  ['info', ['info: door', 'error: mishap']],
  ['Warn', ['error: mishap']],
  ['error', ['error: mishap']],
  ['fatal', []],
  ['panic', []],
  ['', []],
  ['disabled', []],
  ['-128', ['debug: call', 'info: door', 'error: mishap']],
  ['+1', ['info: door', 'error: mishap']],
  ['3', ['error: mishap']],
  ['4', []],
  ['127', []],
  [undefined, ['error: mishap']],
  ['warning', [unknown('warning'), 'error: mishap']],
  ['128', [unknown('128'), 'error: mishap']],
  ['1.5', [unknown('1\\.5'), 'error: mishap']],
])('at LOG_LEVEL %j there is %j', (text, lines) => {
  expect(written(text)).toEqual(lines);
});
