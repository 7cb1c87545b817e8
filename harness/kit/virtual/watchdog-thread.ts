import { Session, type Debugger } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import type { WatchedTurns } from './watchdog.ts';

// The thread that watches the turns of the virtual clock. It has an event loop of its own, so it notices when the other one stands.

const { key, turns, stuckAfterMs } = workerData as WatchedTurns;

/** So many frames are told. */
const told = 10;
/** So many statements of the platform, in which the code may be paused, are gone on through to whoever called it or is called by it. */
const mostSteps = 200;
const lookEveryMs = Math.min(1000, stuckAfterMs / 10);
let seen = 0;
let sinceMs = computedMs();
let isPausing = false;
// It goes on to the end, since nothing else keeps this thread alive for the answers of the session.
setInterval(look, lookEveryMs);

function look(): void {
  const [taken = 0, runs = 0] = turns;
  if (runs === 0 || taken !== seen) {
    seen = taken;
    sinceMs = computedMs();
  } else if (computedMs() - sinceMs >= stuckAfterMs && !isPausing) {
    isPausing = true;
    pause();
  }
}

/** What this process has had of the processor so far: on a busy machine, or one that sleeps, a turn takes long and is no loop. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Has the code of the main thread paused wherever it is, and its process end itself from there. */
function pause(): void {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void urls.set(scriptId, url));
  let steps = 0;
  session.on('Debugger.paused', ({ params }) => {
    const frames = params.callFrames.map((frame) => frameOf(frame, urls));
    const theirs = frames.filter(({ url }) => !url.startsWith('node:'));
    if (theirs.length === 0 && steps++ < mostSteps) {
      session.post('Debugger.stepInto');
      return;
    }
    const shown = (theirs.length > 0 ? theirs : frames).slice(0, told).map(({ text }) => text);
    const expression = `globalThis[Symbol.for('${key}')].end(${JSON.stringify(shown.join('\n'))})`;
    session.post('Runtime.evaluate', { expression });
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

/** As the platform writes it in stacks. Where its script was known before there was a session, the frame itself has no URL. */
function frameOf(frame: Debugger.CallFrame, urls: ReadonlyMap<string, string>): { url: string; text: string } {
  const { functionName, location } = frame;
  const { scriptId, lineNumber, columnNumber = 0 } = location;
  const url = urls.get(scriptId) ?? frame.url;
  const where = `${url}:${lineNumber + 1}:${columnNumber + 1}`;
  return { url, text: `    at ${functionName === '' ? where : `${functionName} (${where})`}` };
}
