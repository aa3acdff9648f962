import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { JobRef } from 'nestjs-warren';
import { Reports } from '../../sample-worker/src/reports.js';
import { accepted, type Accepted } from './accepted.js';
import { ReportRequest } from './requests.js';

@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: Reports) {}

  @Post()
  @HttpCode(202)
  async report(@Body() { month }: ReportRequest): Promise<Accepted> {
    return accepted([(await this.reports.monthly(month)) as JobRef]);
  }
}
