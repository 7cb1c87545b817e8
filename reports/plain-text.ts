// The escape sequences of terminals: ESC [ … letter, and ESC ] … BEL.
const terminalSequences = new RegExp(
  String.raw`\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)`,
  'gs',
);
// Control characters, characters that turn the writing direction, and halves of surrogate pairs: none is legal in XML or harmless in a terminal.
const unprintable =
  /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const credentials: readonly [RegExp, string][] = [
  [/(\/\/[^/\s:@]*):[^@\s/]+@/g, '$1:[redacted]@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\b(?:sk|pk|rk|ghp|gho|glpat|xox[abprs])[-_][\w-]{8,}/g, '[redacted]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[redacted]'],
  // Not a bare "token": a finding may well say "time to first token: 900 ms".
  [/\b([\w-]*(?:api[-_]?key|[-_]token|password|passwd|secret)["']?\s*[=:]\s*["']?)[^\s&"',;]{4,}/gi, '$1[redacted]'],
];

/**
 * Text of a target or a part, made safe to show: one line, nothing that steers a terminal or breaks XML, and no credential. Records are
 * redacted when they are stored; this is the second lock, for what a target said in words of its own.
 */
export function plainText(text: string): string {
  const visible = text
    .replace(/\r\n|[\n\r\t]/g, ' ')
    .replace(terminalSequences, '')
    .replace(unprintable, '\ufffd');
  return credentials.reduce((rest, [pattern, mask]) => rest.replace(pattern, mask), visible);
}
