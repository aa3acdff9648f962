import { Injectable } from '@nestjs/common';
import { Ctx, JobContext, JobHandler, Payload } from 'nestjs-warren';
import { InvoicePdf, type RenderedInvoice } from '../contract/jobs.js';
import { Invoice } from '../contract/payloads.js';
import { drawInvoice } from '../invoice-page.js';
import { Output } from '../output.js';

@Injectable()
export class InvoiceHandler {
  constructor(private readonly output: Output) {}

  @JobHandler(InvoicePdf)
  async render(@Payload() invoice: Invoice, @Ctx() job: JobContext): Promise<RenderedInvoice> {
    const pdf = await drawInvoice(invoice, (done, total) => job.progress({ done, total }));
    const file = `invoices/invoice-${invoice.orderId}.pdf`;
    await this.output.write(file, pdf);
    return { file, sizeBytes: pdf.length };
  }
}
