const patterns: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [/\b(sk|pk|rk|ghp|gho|xox[abp])[-_][\w-]{8,}/g, '[redacted]'],
  [/\bAKIA[0-9A-Z]{16}\b/g, '[redacted]'],
  [/(\/\/[^/\s:@]+):[^@\s/]+@/g, '$1:[redacted]@'],
  [
    /\b([\w-]*(?:api[-_]?key|token|secret|password|passwd|authorization)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
    '$1[redacted]',
  ],
  // What a model was asked and what it said: prompts, messages and inputs of JSON bodies.
  [/("(?:prompt|content|input|question|text|plain_body)"\s*:\s*)"(?:[^"\\]|\\.)*"/g, '$1"[redacted]"'],
];

/** Takes credentials and prompts out of text that is about to be stored. What is taken out is replaced by `[redacted]`. */
export function redactText(text: string): string {
  return patterns.reduce((result, [pattern, replacement]) => result.replace(pattern, replacement), text);
}
