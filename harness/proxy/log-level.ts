/** Told of what goes as it should: `info` of doors that open and close and of clients that come, `debug` of calls of the API. */
export type Trace = (line: string, level: 'info' | 'debug') => void;

/** What a server writes down. */
export interface ServerLog {
  /** Of what went wrong. */
  readonly log: (line: string) => void;
  /** Missing where nothing of it is written down. */
  readonly trace?: Trace;
}

/** The levels that LOG_LEVEL of toxiproxy-server can name (https://github.com/rs/zerolog), with the numbers that it takes, too. */
const ranks: ReadonlyMap<string, number> = new Map([
  ...([['trace', -1], ['debug', 0], ['info', 1], ['warn', 2], ['error', 3], ['fatal', 4]] as const), // prettier-ignore
  ...([['panic', 5], ['', 6], ['disabled', 7]] as const), // prettier-ignore
]);
const errorRank = 3;
const infoRank = 1;
const debugRank = 0;

/**
 * A log of what is at least as bad as `text` says, as toxiproxy-server reads its LOG_LEVEL: a name in whatever case, or a number from -128 to 127;
 * an empty text and `disabled` stand for nothing at all. Without a text it writes what went wrong, and so it does where the text is none of these,
 * which it tells of.
 */
export function serverLog(text: string | undefined, write: (line: string) => void): ServerLog {
  const wanted = text === undefined ? errorRank : rankOf(text);
  const least = wanted ?? errorRank;
  const log = (line: string): void => {
    if (least <= errorRank) write(`error: ${line}`);
  };
  if (wanted === undefined)
    log(
      `unknown LOG_LEVEL value: ${JSON.stringify(text)}. It can be trace, debug, info, warn, error, fatal, panic or disabled; it counts as error.`,
    );
  const trace: Trace = (line, level) => {
    if ((level === 'info' ? infoRank : debugRank) >= least) write(`${level}: ${line}`);
  };
  return { log, ...(least <= infoRank ? { trace } : {}) };
}

function rankOf(text: string): number | undefined {
  const named = ranks.get(text.toLowerCase());
  if (named !== undefined) return named;
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return number >= -128 && number <= 127 ? number : undefined;
}
