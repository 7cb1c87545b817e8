import { GamedayError } from '../kit/errors.ts';
import type { TargetConfig } from './target.ts';
import type { PartSpec } from './types.ts';

type Variables = Readonly<Record<string, string>>;

/** Where a part can be reached. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * The variables of the person's own environment that a process of the world gets to see: what a program needs to run at all. Everything
 * else stays outside, above all keys and `NODE_OPTIONS`, and whatever would lead a request past the fault proxy (`HTTP_PROXY`).
 */
const harmless = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'TERM'];

/** Credentials that open nothing, and no way to the person's real ones: official clients refuse to start without any. */
const dummies: Variables = {
  OPENAI_API_KEY: 'gameday-dummy-key',
  ANTHROPIC_API_KEY: 'gameday-dummy-key',
  AWS_ACCESS_KEY_ID: 'gameday-dummy-key',
  AWS_SECRET_ACCESS_KEY: 'gameday-dummy-secret',
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** What of `person` may be handed on. */
export function harmlessEnvironment(person: NodeJS.ProcessEnv): Variables {
  return Object.fromEntries(
    harmless.flatMap((name) => {
      const value = person[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The variables of a part with `{host}`, `{port}` and `{origin}` (http://host:port) filled in; `scheme` is that of the origin. */
export function variablesOf(part: PartSpec, { host, port }: Address, scheme: 'http' | 'https' = 'http'): Variables {
  const filled: Readonly<Record<string, string>> = { host, port: String(port), origin: `${scheme}://${host}:${port}` };
  return Object.fromEntries(
    Object.entries(part.variables).map(([name, value]) => [
      name,
      value.replace(/\{(host|port|origin)\}/g, (_whole, field: string) => filled[field] ?? ''),
    ]),
  );
}

export interface EnvironmentSettings {
  /** The environment of the person who runs gameday. */
  readonly person: NodeJS.ProcessEnv;
  readonly target: TargetConfig;
  readonly parts: readonly PartSpec[];
  /** The proxied link to each part, by the part's name. */
  readonly links: ReadonlyMap<string, Address>;
  readonly port: number;
  /** Name the authorities to trust, where a link has TLS; default none. */
  readonly trust?: Variables;
  readonly otlpUrl: string | null;
  readonly defect: string | null;
}

/** The whole environment of a target. The world's own variables win over those of the config, so that no link is bypassed by accident. */
export function targetEnvironment(settings: EnvironmentSettings): Variables {
  const { target } = settings;
  const world = {
    ...partVariables(settings.parts, settings.links, (part) => (part.tls === true ? 'https' : 'http')),
    ...settings.trust,
    PORT: String(settings.port),
    ...(settings.otlpUrl === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: settings.otlpUrl }),
    ...(settings.defect === null ? {} : { GAMEDAY_DEFECT: settings.defect }),
  };
  const own = target.start.kind === 'command' ? target.start.environment : {};
  return { ...harmlessEnvironment(settings.person), ...renamed(dummies, target), ...own, ...renamed(world, target) };
}

/** The unproxied values of the parts' variables, for the harness's own reads, under their own names and under those of the target. */
export function directVariables(
  parts: readonly PartSpec[],
  addresses: ReadonlyMap<string, Address>,
  target: TargetConfig,
): Variables {
  const direct = partVariables(parts, addresses, () => 'http');
  return { ...direct, ...renamed(direct, target) };
}

/** @throws GamedayError `bad-config` when two parts set the same variable: the target could only see one of them */
function partVariables(
  parts: readonly PartSpec[],
  addresses: ReadonlyMap<string, Address>,
  schemeOf: (part: PartSpec) => 'http' | 'https',
): Variables {
  const values: Record<string, string> = {};
  const setBy = new Map<string, string>();
  const problems: string[] = [];
  for (const part of parts) {
    const address = addresses.get(part.name);
    if (!address) continue;
    for (const [name, value] of Object.entries(variablesOf(part, address, schemeOf(part)))) {
      const other = setBy.get(name);
      if (other !== undefined) problems.push(`${name} is set by both ${other} and ${part.name}.`);
      setBy.set(name, part.name);
      values[name] = value;
    }
  }
  if (problems.length > 0) throw new GamedayError('bad-config', problems.join(' '), { problems });
  return values;
}

function renamed(variables: Variables, target: TargetConfig): Variables {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [target.rename?.[name] ?? name, value]));
}
