/** Addresses of the services that `npm test` found or started. */

export function rabbitmqUrl(): string {
  return address('RABBITMQ_URL', 'RabbitMQ');
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
