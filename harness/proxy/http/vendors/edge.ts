import { STATUS_CODES } from 'node:http';
import { json, type AskedError, type VendorError } from './vendor-error.ts';

/** One of them says no more than this, with 429. */
const comeBackLater = 'come back later';

/** What stands before a service knows none of its words: it speaks HTML, or JSON with a number for a code where `code` is one of its own. */
export function edge({ status, code }: AskedError): VendorError {
  const reason = STATUS_CODES[status] ?? '';
  if (code === comeBackLater) return json({ status: comeBackLater });
  if (code !== '') {
    const sentence = `${reason.charAt(0)}${reason.slice(1).toLowerCase()}.`;
    return json({ error: { code: status, message: sentence, param: null, type: code } });
  }
  const title = `${status} ${reason}`.trim();
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return { contentType: 'text/html', headers: {}, body };
}
