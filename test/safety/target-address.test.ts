import { describe, expect, it } from 'vitest';
import { GamedayError } from '../../harness/kit/errors.ts';
import { checkTargetAddress } from '../../harness/safety/target-address.ts';

function refusal(address: string, allowHosts: readonly string[] = []): GamedayError {
  try {
    checkTargetAddress(address, allowHosts);
  } catch (cause) {
    if (cause instanceof GamedayError) return cause;
    throw cause;
  }
  throw new Error(`${address} was let through`);
}

describe('checkTargetAddress', () => {
  it.each([
    ['http://127.0.0.1:8080', '127.0.0.1', 8080],
    ['http://127.0.0.1:8080/api?x=1', '127.0.0.1', 8080],
    ['http://127.8.9.1:1', '127.8.9.1', 1],
    ['http://localhost:3000/', 'localhost', 3000],
    ['http://LOCALHOST:3000', 'localhost', 3000],
    ['http://[::1]:9000', '[::1]', 9000],
    ['http://127.0.0.1', '127.0.0.1', 80],
  ])('lets loopback through: %s', (address, hostname, port) => {
    expect(checkTargetAddress(address, [])).toEqual({ hostname, port, origin: `http://${hostname}:${port}` });
  });

  it.each([
    'http://example.com',
    'http://10.0.0.5:8080',
    'http://192.168.1.1',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0:8080',
    'http://0:8080',
    'http://[::]:8080',
    'http://134744072/', // 8.8.8.8 as one number
    'http://2130706433/', // 127.0.0.1 as one number
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1:8080',
    'http://[::ffff:127.0.0.1]:8080',
    'http://[::ffff:8.8.8.8]:8080',
    'http://localhost.evil.com',
    'http://localhost.',
    'http://evil-localhost',
    'http://127.0.0.1.evil.com',
    'http://127.evil.com',
    'http://127.0.0.1@evil.com/',
    'http://@127.0.0.1/',
    'http://user:secret@127.0.0.1/',
    'http://evil.com#127.0.0.1',
    'http://evil.com\\@127.0.0.1/',
    'https://127.0.0.1:8443',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    '127.0.0.1:8080',
    '',
  ])('refuses %s', (address) => {
    const error = refusal(address);
    expect(error.code).toBe('refused-target');
    expect(error.hint).toBeTruthy();
  });

  it('lets a host through that is named exactly, in whatever case', () => {
    expect(checkTargetAddress('http://Staging.Example.com:81/x', ['staging.example.COM']).port).toBe(81);
    expect(checkTargetAddress('http://10.0.0.5:1', ['10.0.0.5']).hostname).toBe('10.0.0.5');
  });

  it.each([
    ['http://a.example.com', 'example.com'],
    ['http://example.com.evil.org', 'example.com'],
    ['http://a.example.com', '*.example.com'],
    ['http://a.example.com', '*'],
    ['http://a.example.com', ''],
  ])('takes no name on the allow list for a pattern: %s against %s', (address, allowed) => {
    expect(refusal(address, [allowed]).code).toBe('refused-target');
  });

  it('says how to allow a host, and never repeats a password', () => {
    expect(refusal('http://staging.example.com').message).toContain("allowHosts: ['staging.example.com']");
    expect(refusal('http://user:hunter2@example.com').message).not.toContain('hunter2');
  });
});
