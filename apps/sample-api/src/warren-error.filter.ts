import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ERROR_CODES, WarrenError, isWarrenError, type ErrorCode } from 'nestjs-warren';

/** What the client did, or can wait for. All else is a fault of the shop: 500. */
const STATUS: Partial<Record<ErrorCode, HttpStatus>> = {
  WARREN_PAYLOAD_INVALID: HttpStatus.BAD_REQUEST,
  WARREN_PAYLOAD_NOT_JSON: HttpStatus.BAD_REQUEST,
  WARREN_PAYLOAD_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  WARREN_JOB_NOT_FOUND: HttpStatus.NOT_FOUND,
  WARREN_JOB_STATE: HttpStatus.CONFLICT,
  WARREN_NOT_UNIQUE: HttpStatus.CONFLICT,
  // RabbitMQ without Redis: nothing remembers jobs.
  WARREN_NO_STORE: HttpStatus.NOT_IMPLEMENTED,
  WARREN_STORE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_NOT_CONNECTED: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_PUBLISH_BACKLOG: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_PUBLISH_TIMEOUT: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_PUBLISH_REFUSED: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_QUEUE_FULL: HttpStatus.SERVICE_UNAVAILABLE,
  WARREN_CLOSED: HttpStatus.SERVICE_UNAVAILABLE,
};

/** The one place where errors of Warren become answers of the API: `{ statusCode, code, message }`. */
@Catch(WarrenError)
export class WarrenErrorFilter extends BaseExceptionFilter<Error> {
  private readonly log = new Logger('Shop');

  override catch(error: WarrenError, host: ArgumentsHost): void {
    const cause = causeOf(error);
    const statusCode = STATUS[cause.code] ?? HttpStatus.INTERNAL_SERVER_ERROR;
    const isOurs = statusCode >= HttpStatus.INTERNAL_SERVER_ERROR;
    if (isOurs) this.log.error(`${error.code}: ${error.message}`);
    // The messages of our own faults name queues and servers: they are for the log.
    const message = isOurs ? ERROR_CODES[cause.code].what : cause.message;
    super.catch(new HttpException({ statusCode, code: cause.code, message }, statusCode), host);
  }
}

/** Of jobs that were enqueued together, the first that failed says why. */
function causeOf(error: WarrenError): WarrenError {
  const isBulk = error.code === 'WARREN_BULK_INCOMPLETE';
  return isBulk && isWarrenError(error.cause) ? error.cause : error;
}
