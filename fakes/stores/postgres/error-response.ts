/** An `ErrorResponse`: https://www.postgresql.org/docs/18/protocol-message-formats.html. `code` is an SQLSTATE. */
export function errorResponse(error: { severity: 'ERROR' | 'FATAL'; code: string; message: string }): Buffer {
  const { severity, code, message } = error;
  const fields = Buffer.from(`S${severity}\0V${severity}\0C${code}\0M${message.replaceAll('\0', ' ')}\0\0`);
  const header = Buffer.from([0x45, 0, 0, 0, 0]);
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}
