const bodyKeys = 'prompt|content|input|question|text|plain_body';
const credentialKey = /(?:api[-_]?key|secret|password|passwd|authorization|[-_]token|^token)$/i;
const patterns: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [/\b(sk|pk|rk|ghp|gho|glpat|xox[abprs])[-_][\w-]{8,}/g, '[redacted]'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, '[redacted]'],
  [/(\/\/[^/\s:@]*):[^@\s/]+@/g, '$1:[redacted]@'],
  // A short number after "token:" is a figure: "time to first token: 900 ms".
  [
    /\b([\w-]*(?:api[-_]?key|token(?!["']?\s*[:=]\s*\d{1,6}(?:\.\d+)?(?![\w.]))|secret|password|passwd|authorization)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
    '$1[redacted]',
  ],
  // What a model was asked and what it said: prompts, messages and inputs of JSON bodies, also where the text was cut off in the middle.
  [new RegExp(String.raw`("(?:${bodyKeys})"\s*:\s*)"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|\\?$)`, 'g'), '$1"[redacted]"'],
  // The same, in JSON that is itself a text within JSON.
  [
    new RegExp(String.raw`(\\"(?:${bodyKeys})\\"\s*:\s*)\\"(?:(?!\\")[^\n])*(?:\\"|(?=\n)|$)`, 'g'),
    '$1\\"[redacted]\\"',
  ],
];

/** What none of the patterns can be without: most texts of a run are ids and names, of which this is quickly said. */
const suspicious = /[\s\-_:="\\]|A[KS]IA/;

/** Takes credentials and prompts out of text that is about to be stored or shown. What is taken out is replaced by `[redacted]`. */
export function redactText(text: string): string {
  if (!suspicious.test(text)) return text;
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}

/**
 * The same value with every text in it redacted: credentials by their key, and the strings of lists and objects, at any depth. Keys stay as they
 * are. What has nothing to be taken out is given back itself, not copied: that is nearly all of a run.
 */
export function redactValue<T>(value: T): T {
  return new Redaction().valueOf(value) as T;
}

/** Remembers what it has looked at: the names of parts and of fields are the same in thousands of calls. */
class Redaction {
  readonly #texts = new Map<string, string>();
  readonly #keys = new Map<string, boolean>();

  valueOf(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return this.#list(value);
    return typeof value === 'object' && value !== null ? this.#object(value) : value;
  }

  #list(items: readonly unknown[]): readonly unknown[] {
    const redacted = items.map((item) => this.valueOf(item));
    return redacted.some((item, index) => item !== items[index]) ? redacted : items;
  }

  #object(object: object): object {
    let isChanged = false;
    const entries: [string, unknown][] = [];
    for (const key of Object.keys(object)) {
      const item: unknown = Reflect.get(object, key);
      const isCredential = typeof item === 'string' && item !== '' && this.#isCredential(key);
      const redacted = isCredential ? '[redacted]' : this.valueOf(item);
      isChanged ||= redacted !== item;
      entries.push([key, redacted]);
    }
    return isChanged ? Object.fromEntries(entries) : object;
  }

  #isCredential(key: string): boolean {
    let is = this.#keys.get(key);
    if (is === undefined) this.#keys.set(key, (is = credentialKey.test(key)));
    return is;
  }

  #text(text: string): string {
    if (!suspicious.test(text)) return text;
    let redacted = this.#texts.get(text);
    if (redacted === undefined) this.#texts.set(text, (redacted = redactText(text)));
    return redacted;
  }
}
