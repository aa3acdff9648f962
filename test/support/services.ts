/** Addresses of the services that `npm test` found or started. */

/** With user and password, which must be in no line that is written: RabbitMQ's own where the address has none. */
export function rabbitmqUrl(): string {
  const url = new URL(address('RABBITMQ_URL', 'RabbitMQ'));
  if (url.username === '') [url.username, url.password] = ['guest', 'guest'];
  return url.href;
}

export function redisUrl(): string {
  return address('REDIS_URL', 'Redis');
}

function address(variable: string, service: string): string {
  const url = process.env[variable];
  if (url === undefined || url === '') {
    throw new Error(
      `${variable} is not set: this test needs ${service}. Run it with \`npm test\`, which finds or starts one.`,
    );
  }
  return url;
}
