import type { Clock } from '../kit/clock.ts';
import type { JsonObject, JsonValue } from '../kit/json.ts';
import type { Random } from '../kit/random.ts';
import type { Call } from '../observe/observations.ts';

// ---------------------------------------------------------------------------------------------------------------------------------
// What a scenario writes down: plain data.

/**
 * What a part or a fault can need of the host that the things of a world run on: `processes` of an operating system, which can be killed,
 * paused and limited; real `sockets`; links with `tls`. A world that has it not skips the scenario.
 */
export type HostNeed = 'processes' | 'sockets' | 'tls';

/** One thing in the world that the target talks to. */
export interface PartSpec {
  /** Unique in its world, kebab-case: `crm`, `model-server`, `vector-store`. */
  readonly name: string;
  /** What it is to the target; shown in reports. */
  readonly role: 'source' | 'model' | 'store';
  /** `http`: a request handler, served on a port. `tcp`: brings its own server. */
  readonly protocol: 'http' | 'tcp';
  /** The URL of the module that makes it (`import.meta.url` style), which exports `createPart` (http) or `startPart` (tcp). */
  readonly module: string;
  readonly settings: JsonObject;
  /** The variables that tell the target where it is. `{host}`, `{port}` and `{origin}` (http://host:port) are filled in with the proxied link. */
  readonly variables: Readonly<Record<string, string>>;
  /**
   * Whether the target reaches it by TLS: `{origin}` is https://host:port then, and the target is told of an authority to trust. The link ends
   * the TLS, from the first byte on, so the part itself stays as it is. Default false.
   */
  readonly tls?: boolean;
  /** A metrics page to scrape once a second, e.g. `/metrics`. */
  readonly metricsPath?: string;
  /** What it needs of the world's host; default nothing, and sockets for a part with a server of its own (`tcp`). */
  readonly needs?: readonly HostNeed[];
  /** What takes its place in a world of functions, for a part with a server of its own; it has the same name. */
  readonly standIn?: PartSpec;
}

/** The surroundings of the target. */
export interface WorldSpec {
  readonly parts: readonly PartSpec[];
  /** The generated documents that the parts serve and the questions ask about. */
  readonly corpus: CorpusSpec;
}

/** A corpus is a function of these and of the run's seed. */
export interface CorpusSpec {
  /** The URL of the module that makes it, which exports `createCorpus`. */
  readonly module: string;
  /** Documents that are stored before the load starts; questions ask about these. */
  readonly documents: number;
}

/** A document with a known fact in it. */
export interface CorpusDocument {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly text: string;
}

/** A question whose answer is known. */
export interface CorpusQuestion {
  readonly text: string;
  /** The document that has the answer, and the words that a correct answer contains. */
  readonly documentId: string;
  readonly expected: string;
}

/** Generated content: the same settings and seed give the same documents and questions. */
export interface Corpus {
  /** The documents to store before the load starts. */
  readonly documents: readonly CorpusDocument[];
  /** The n-th question (from 0), about one of `documents`. */
  question(n: number): CorpusQuestion;
  /** The n-th document (from 0) of the endless stream that batch ingestion sends; none of them is among `documents`. */
  batchDocument(n: number): CorpusDocument;
}
export type CreateCorpus = (spec: CorpusSpec, seed: number) => Corpus;

// ---------------------------------------------------------------------------------------------------------------------------------
// What the module of a part exports.

/** What a part is handed when it is made: it reads time and chance from nowhere else. */
export interface PartContext {
  readonly name: string;
  readonly settings: JsonObject;
  readonly corpus: CorpusSpec;
  readonly seed: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** A part that speaks HTTP: a web-standard handler. Paths below `/_gameday/` are the harness's (see PartAdmin). */
export interface HttpPart {
  fetch(request: Request): Response | Promise<Response>;
  stop?(): Promise<void>;
}
export type CreatePart = (context: PartContext) => HttpPart | Promise<HttpPart>;

/** A part with a server of its own; `fetch` answers the admin API only. */
export interface TcpPart {
  readonly port: number;
  fetch(request: Request): Response | Promise<Response>;
  stop(): Promise<void>;
}
export type StartPart = (context: PartContext) => Promise<TcpPart>;

// ---------------------------------------------------------------------------------------------------------------------------------
// A target that is a function.

/** What a target is handed that runs as a function. Globals are virtual while it runs; these are for code that takes them from outside. */
export interface TargetContext {
  /** All that a process would find in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly random: Random;
  /** The global `fetch` is the same one. */
  readonly fetch: typeof fetch;
}
export type CreateTarget = (context: TargetContext) => InProcessTarget | Promise<InProcessTarget>;

/** A target as a function. */
export interface InProcessTarget {
  fetch(request: Request): Response | Promise<Response>;
  stop(): Promise<void>;
}

// ---------------------------------------------------------------------------------------------------------------------------------
// The admin API of every part, as JSON below `/_gameday/` on its own, unproxied port.
//
//   POST   /_gameday/start         { originMs }                      the load begins: clocks of the run start here (epoch ms)
//   GET    /_gameday/journal?after=N&open=true                       -> JournalPage: ended calls after N; with open, the open ones too
//   PUT    /_gameday/faults/{id}   { kind, settings, leaseMs }       inject; unknown kind or bad settings: 400 { problems }
//   DELETE /_gameday/faults/{id}                                     heal -> PartFaultReceipt
//   POST   /_gameday/renew         { leaseMs }                       renews the lease of every active fault -> { active: string[] }
//   GET    /_gameday/faults                                          -> PartFaultReceipt[], healed ones included
//   GET    /_gameday/state?after=N                                   -> the part's own state, e.g. SourceState: of changes after N

export const adminPath = '/_gameday';

export interface JournalPage {
  /** Times are epoch milliseconds here. */
  readonly calls: readonly Call[];
  /** Pass as `after` to go on. */
  readonly next: number;
}

/** What a fault did, by the account of the part that it was injected into. Times are epoch milliseconds. */
export interface PartFaultReceipt {
  readonly id: string;
  readonly kind: string;
  readonly activeFromMs: number;
  /** Null while it is active. */
  readonly activeToMs: number | null;
  /** Why it ended: by the harness, or because nobody renewed its lease. */
  readonly ended: 'healed' | 'lease lapsed' | null;
  /** Calls (or steps) that it could have altered, and that it did alter. */
  readonly seen: number;
  readonly altered: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** The state of a part with the role `source`. */
export interface SourceState {
  /** Every document with its last version. `atMs` is epoch milliseconds. */
  readonly items: readonly { readonly id: string; readonly version: number; readonly atMs: number }[];
  /** Pass as `after` to be told what has changed since; without it, each answer has everything. */
  readonly next?: number;
}

// ---------------------------------------------------------------------------------------------------------------------------------
// What has started, as faults, load and the conductor use it.

export interface StartedPart {
  readonly name: string;
  /** Calls the admin API and gives back its JSON; `path` is what comes after `/_gameday`, e.g. `/faults/quota-cut`. Throws with the part's own words on any status but 2xx. */
  admin(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: JsonValue): Promise<unknown>;
}

/** What has passed a link since it was made. */
export interface LinkTraffic {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The variables by which the target was told of this link. */
  readonly variables: readonly string[];
  readonly connections: number;
  readonly bytesToPart: number;
  readonly bytesFromPart: number;
}

/** A toxic as our fault proxy (and Toxiproxy) takes it. */
export interface ToxicSpec {
  readonly name: string;
  readonly type: string;
  readonly stream: 'upstream' | 'downstream';
  readonly toxicity: number;
  readonly attributes: Readonly<Record<string, number | string>>;
}

/** What a toxic did, by the account of the proxy. Times are epoch milliseconds. */
export interface ToxicReceipt {
  readonly activeFromMs: number;
  readonly activeToMs: number;
  /** Why it ended: by the harness, or because nobody renewed the lease of the proxy. */
  readonly ended: 'healed' | 'lease lapsed';
  readonly connectionsSeen: number;
  readonly connectionsAltered: number;
  /** Of a toxic that is done to requests; 0 of any other. */
  readonly requestsSeen: number;
  readonly requestsAltered: number;
  readonly bytesAltered: number;
}

export interface StartedLink {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  addToxic(toxic: ToxicSpec): Promise<void>;
  /** Removes the toxic and tells what it did; also when it has ended already. */
  removeToxic(name: string): Promise<ToxicReceipt>;
  setEnabled(enabled: boolean): Promise<void>;
  traffic(): Promise<LinkTraffic>;
}

/** What a fault may touch. */
export interface FaultAccess {
  readonly clock: Clock;
  part(name: string): StartedPart;
  link(name: string): StartedLink;
}
