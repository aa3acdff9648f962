import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsEmail,
  IsISO8601,
  IsOptional,
  IsUrl,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { MONTH, ORDER_ID, OrderLine } from '../../sample-worker/src/contract/payloads.js';

/** Bodies of the API's requests, checked by the global ValidationPipe. */

export class SignupRequest {
  @IsEmail()
  readonly email!: string;

  @Length(1, 120)
  readonly name!: string;
}

export class OrderRequest {
  /** Default: a new one. */
  @IsOptional()
  @Matches(ORDER_ID)
  readonly orderId?: string;

  @IsEmail()
  readonly email!: string;

  @Length(1, 120)
  readonly customer!: string;

  /** Default: now. Starts with the date, by which reports sort: `2026-03-14T09:26:53Z`. */
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  readonly placedAt?: string;

  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  readonly items!: OrderLine[];

  /** Default false: charged at once. True: charged by `POST /orders/:orderId/pay`, and reminded of until then. */
  @IsOptional()
  @IsBoolean()
  readonly payLater?: boolean;

  /** Told about the order, if given. */
  @IsOptional()
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  readonly webhook?: string;
}

export class NewsletterRequest {
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(10_000)
  @IsEmail({}, { each: true })
  readonly to!: string[];

  @Length(1, 200)
  readonly subject!: string;

  @Length(1, 20_000)
  readonly text!: string;
}

export class ReportRequest {
  @Matches(MONTH)
  readonly month!: string;
}
