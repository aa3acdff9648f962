import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsEmail,
  IsInt,
  IsISO8601,
  IsPositive,
  IsString,
  IsUrl,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';

/** What the shop's jobs carry. Each class is checked when a job is enqueued and again before its handler runs. */

/** Order ids name files, so they hold nothing that could leave a folder. */
export const ORDER_ID = /^[A-Za-z0-9-]{1,40}$/;

/** `2026-03` */
export const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;

export class Email {
  @IsEmail()
  readonly to!: string;

  @Length(1, 200)
  readonly subject!: string;

  @IsString()
  @MaxLength(20_000)
  readonly text!: string;
}

/** One mail of an issue. */
export class NewsletterIssue extends Email {
  /** Who gets it: the provider takes so many mails a second for each list. */
  @Length(1, 40)
  readonly list!: string;
}

export class Payment {
  @Matches(ORDER_ID)
  readonly orderId!: string;

  /** Money is whole cents everywhere: floating point loses some. */
  @IsInt()
  @IsPositive()
  readonly amountCents!: number;
}

export class OrderLine {
  @Length(1, 120)
  readonly product!: string;

  @IsInt()
  @IsPositive()
  readonly quantity!: number;

  @IsInt()
  @IsPositive()
  readonly unitCents!: number;
}

export class Invoice {
  @Matches(ORDER_ID)
  readonly orderId!: string;

  @Length(1, 120)
  readonly customer!: string;

  @IsEmail()
  readonly email!: string;

  @IsISO8601()
  readonly placedAt!: string;

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  readonly lines!: OrderLine[];
}

export class OrderNotice {
  /** A demo's or a test's target is on this machine, which has no top-level domain. */
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  readonly url!: string;

  @Matches(ORDER_ID)
  readonly orderId!: string;

  @IsInt()
  @IsPositive()
  readonly amountCents!: number;
}

export class Day {
  /** `2026-03-14` */
  @Matches(/^\d{4}-\d{2}-\d{2}$/)
  readonly day!: string;
}

export function totalCents(lines: readonly OrderLine[]): number {
  return lines.reduce((sum, { quantity, unitCents }) => sum + quantity * unitCents, 0);
}

/** `1234` -> `12.34` */
export function formatCents(cents: number): string {
  return (cents / 100).toFixed(2);
}
