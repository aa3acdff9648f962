import { SMTPServer } from 'smtp-server';
import { once } from 'node:events';

/** An SMTP server on a free loopback port that keeps what arrives instead of delivering it. */
export async function startMailSink() {
  const mails = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData(stream, session, callback) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('error', callback);
      stream.on('end', () => {
        const headers = readHeaders(Buffer.concat(chunks).toString('utf8'));
        for (const { address } of session.envelope.rcptTo) {
          mails.push({ to: address, subject: headers.get('subject'), messageId: headers.get('message-id') });
        }
        callback();
      });
    },
  });
  // A client that hangs up in the middle of a command is not the demo's problem.
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    mails,
    url: `smtp://127.0.0.1:${server.server.address().port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Headers by lower-case name; a line that begins with white space goes on with the one before. */
function readHeaders(source) {
  const [head] = source.split(/\r?\n\r?\n/, 1);
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
