import { createServer } from 'node:http';
import { once } from 'node:events';

/**
 * A small HTTP server on a free loopback port. `answer` gets the path, the headers and the JSON body of each POST, and
 * returns the status and the body to send.
 */
export async function startJsonServer(answer) {
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { status, body } = reply(request, Buffer.concat(chunks), answer);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function reply(request, bytes, answer) {
  if (request.method !== 'POST') return { status: 405 };
  try {
    return answer({ path: request.url, headers: request.headers, body: JSON.parse(bytes.toString('utf8')) });
  } catch (error) {
    return { status: 400, body: { problem: error.message } };
  }
}
