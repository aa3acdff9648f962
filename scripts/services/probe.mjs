import { connect as connectSocket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connect } from 'amqplib';

/** Each probe speaks the real protocol; undefined when the service can be used, else what is wrong. */

const LIMIT_MS = 5_000;

export async function probeRabbitMq(url) {
  try {
    const connection = await connect(url, { timeout: LIMIT_MS });
    connection.on('error', () => undefined);
    await connection.close();
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

export async function probeRedis(url) {
  try {
    const answer = await ping(new URL(url));
    return answer.startsWith('+PONG')
      ? undefined
      : `it answered ${JSON.stringify(answer.slice(0, 80))} to PING`;
  } catch (error) {
    return problemOf(error);
  }
}

function ping({ protocol, hostname, port, username, password }) {
  return new Promise((resolve, reject) => {
    const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 6379 };
    const socket = protocol === 'rediss:' ? connectTls(where) : connectSocket(where);
    const login =
      password === ''
        ? []
        : [command('AUTH', ...[username, password].filter(Boolean).map(decodeURIComponent))];
    let answer = '';
    socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no answer in ${LIMIT_MS / 1000} s`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
      const lines = answer.split('\r\n');
      if (lines.length <= login.length + 1) return;
      socket.destroy();
      resolve(lines.find((line) => line.startsWith('-')) ?? lines[login.length]);
    });
    socket.write([...login, command('PING')].join(''));
  });
}

function command(...words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

/** An AggregateError (several addresses of one name) has no message of its own. */
function problemOf(error) {
  const said = error.errors?.map(({ message }) => message).join('; ') || error.message || String(error);
  return said.replace(/\/\/[^@\s/]*@/g, '//***@');
}
