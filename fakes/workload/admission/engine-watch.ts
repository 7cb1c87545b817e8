import type { Clock } from '../../../harness/kit/clock.ts';
import type { Admission } from './admission.ts';
import { parseEngineFigures, type EngineFigures } from './engine-figures.ts';

export interface EngineWatchSettings {
  /** Of the model server's API; its metrics page is `/metrics` on the same host. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly admission: Admission;
}

const everyMs = 250;

/** Looks at the model server four times a second, and lets the admission adjust itself, until the signal is aborted. */
export async function watchEngine(settings: EngineWatchSettings, signal: AbortSignal): Promise<void> {
  const url = new URL('/metrics', settings.baseUrl).href;
  while (!signal.aborted) {
    const figures = await readFigures(url, settings, signal);
    settings.admission.see(figures);
    settings.admission.adjust();
    await settings.clock.sleep(everyMs, signal).catch(() => undefined);
  }
}

/** Null when there is no such page, or it cannot be read within a second: the admission then goes by fixed limits. */
async function readFigures(
  url: string,
  settings: EngineWatchSettings,
  signal: AbortSignal,
): Promise<EngineFigures | null> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  const timer = settings.clock.setTimer(stop, 1000);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const response = await settings.fetch(url, { signal: controller.signal });
    const page = await response.text();
    return response.ok ? parseEngineFigures(page) : null;
  } catch {
    return null;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
  }
}
