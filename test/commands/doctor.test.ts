import { describe, expect, it } from 'vitest';
import { howToInstall, showChecks, type Check } from '../../harness/commands/doctor.ts';

const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n';
const ubuntu = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n';
const mint = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n';
const fedora = 'NAME="Fedora Linux"\nID=fedora\nVARIANT_ID=workstation\n';
const rocky = 'ID="rocky"\nID_LIKE="rhel centos fedora"\n';
const single = "ID='rhel'\nID_LIKE='fedora'\n";

describe('how to install what is missing', () => {
  it.each([
    ['Debian', debian, 'apt-get install procps', 'apt-get install chromium (on Ubuntu: chromium-browser)'],
    ['Ubuntu', ubuntu, 'apt-get install procps', 'apt-get install chromium (on Ubuntu: chromium-browser)'],
    [
      'one that is like Ubuntu',
      mint,
      'apt-get install procps',
      'apt-get install chromium (on Ubuntu: chromium-browser)',
    ],
    ['Fedora', fedora, 'dnf install procps-ng', 'dnf install chromium'],
    ['one that is like RHEL', rocky, 'dnf install procps-ng', 'dnf install chromium'],
    ['one that quotes singly', single, 'dnf install procps-ng', 'dnf install chromium'],
  ])('is the command of %s', (_, osRelease, ps, chromium) => {
    expect(howToInstall('ps', { platform: 'linux', osRelease })).toBe(ps);
    expect(howToInstall('chromium', { platform: 'linux', osRelease })).toBe(chromium);
  });

  it('is Homebrew on macOS, which brings its own ps', () => {
    expect(howToInstall('chromium', { platform: 'darwin' })).toBe('brew install --cask chromium');
    expect(howToInstall('ps', { platform: 'darwin' })).toContain('macOS brings ps');
  });

  it('names no command where the package manager is not known', () => {
    const inWords = 'install chromium by the package manager of this system';
    for (const osRelease of ['', 'ID=alpine\n', 'NAME=debian\nID=arch\nVARIANT_ID=fedora\n', 'ID=notdebian\n'])
      expect(howToInstall('chromium', { platform: 'linux', osRelease }), osRelease).toBe(inWords);
    expect(howToInstall('chromium', { platform: 'freebsd', osRelease: debian })).toBe(inWords);
  });
});

describe('what doctor says', () => {
  const check = (changes: Partial<Check>): Check => ({
    ...{
      what: 'ps',
      ok: true,
      seen: 'there',
      needed: true,
      unlocks: 'No run can be swept.',
      mend: 'apt-get install procps',
    },
    ...changes,
  });

  function shown(...checks: Check[]): { code: number; text: string } {
    const lines: string[] = [];
    const quiet = (): void => undefined;
    const print = (line: string): number => lines.push(line);
    const code = showChecks(checks, { isTerminal: false, color: false, print, say: quiet, transient: quiet });
    return { code, text: lines.join('\n') };
  }

  it('ends with 3 when something is missing that is needed, and says what that is and how to mend it', () => {
    const { code, text } = shown(check({ what: 'Node' }), check({ ok: false, seen: 'not found' }));
    expect(code).toBe(3);
    expect(text).toContain('MISSING ps: not found\n        No run can be swept. Mend: apt-get install procps');
    expect(text).toContain('The local world does not run here: ps missing.');
  });

  it('ends with 0 when only something is absent that adds to it', () => {
    const { code, text } = shown(check({}), check({ what: 'Chromium', ok: false, needed: false, seen: 'not found' }));
    expect(code).toBe(0);
    expect(text).toContain('absent  Chromium: not found');
    expect(text).toContain('The local world runs here');
  });
});
