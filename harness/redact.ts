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

/** The same value with every text in it redacted: credentials by their key, and the strings of lists and objects, at any depth. Keys stay as they are. */
export function redactValue<T>(value: T): T;
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => redactValue(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      typeof item === 'string' && item !== '' && credentialKey.test(key) ? '[redacted]' : redactValue(item),
    ]),
  );
}
