import 'reflect-metadata';
import { Controller, Get, Module, Param, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ERROR_CODES, WarrenError, type ErrorCode } from 'nestjs-warren';
import { WarrenErrorFilter } from './warren-error.filter.js';

@Controller()
class Faults {
  @Get(':code')
  fail(@Param('code') code: string): never {
    if (code === 'TypeError') throw new TypeError('not of Warren');
    throw new WarrenError(code as ErrorCode, 'queue email of amqp://broker.example');
  }

  @Get('bulk/:code')
  failOfMany(@Param('code') code: string): never {
    const cause = new WarrenError(code as ErrorCode, 'it is no address');
    throw new WarrenError('WARREN_BULK_INCOMPLETE', '1 of 2 jobs', { cause });
  }
}

@Module({ controllers: [Faults] })
class FaultsModule {}

describe('errors of Warren as answers of the API', () => {
  let app: INestApplication;
  let url: string;
  const logged: string[] = [];

  beforeAll(async () => {
    const logger = { log: () => {}, warn: () => {}, error: (line: string) => void logged.push(line) };
    app = await NestFactory.create(FaultsModule, { logger });
    app.useGlobalFilters(new WarrenErrorFilter(app.getHttpAdapter()));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  beforeEach(() => void logged.splice(0));
  afterAll(() => app.close());

  const ask = async (path: string) => (await fetch(`${url}/${path}`)).json();

  it('say what the client did wrong', async () => {
    expect(await ask('WARREN_JOB_STATE')).toEqual({
      statusCode: 409,
      code: 'WARREN_JOB_STATE',
      message: 'queue email of amqp://broker.example',
    });
    expect(logged).toEqual([]);
  });

  it.each([
    ['WARREN_STORE_UNAVAILABLE', 503],
    ['WARREN_NO_STORE', 501],
    ['WARREN_CONFIGURATION', 500],
  ] as const)('keep what is ours for the log: %s is %d', async (code, statusCode) => {
    expect(await ask(code)).toEqual({ statusCode, code, message: ERROR_CODES[code].what });
    expect(logged).toEqual([`${code}: queue email of amqp://broker.example`]);
  });

  it('of jobs that were enqueued together are that of the first', async () => {
    expect(await ask('bulk/WARREN_PAYLOAD_INVALID')).toEqual({
      statusCode: 400,
      code: 'WARREN_PAYLOAD_INVALID',
      message: 'it is no address',
    });
    expect(await ask('bulk/WARREN_NOT_CONNECTED')).toMatchObject({ statusCode: 503 });
  });

  it('leave other errors to Nest', async () => {
    expect(await ask('TypeError')).toEqual({ statusCode: 500, message: 'Internal server error' });
  });
});
