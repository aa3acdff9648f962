import PDFDocument from 'pdfkit';
import { formatCents, totalCents, type Invoice } from './contract/payloads.js';

/** Draws an invoice on one page of A4 and returns the file's bytes. `onLine` is told after each line of the order. */
export async function drawInvoice(
  invoice: Invoice,
  onLine: (done: number, total: number) => void,
): Promise<Buffer> {
  const page = new PDFDocument({
    size: 'A4',
    margin: 56,
    info: { Title: `Invoice ${invoice.orderId}`, Author: 'The shop' },
  });
  const bytes = collect(page);

  page.fontSize(22).text(`Invoice ${invoice.orderId}`);
  page.moveDown(0.5).fontSize(11);
  page.text(`For ${invoice.customer}, ${invoice.email}`);
  page.text(`Placed on ${invoice.placedAt.slice(0, 10)}`);
  page.moveDown();
  invoice.lines.forEach(({ product, quantity, unitCents }, index) => {
    page.text(`${quantity} x ${product}`, { continued: true });
    page.text(formatCents(quantity * unitCents), { align: 'right' });
    onLine(index + 1, invoice.lines.length);
  });
  page.moveDown().fontSize(13);
  page.text('Total', { continued: true });
  page.text(formatCents(totalCents(invoice.lines)), { align: 'right' });

  page.end();
  return bytes;
}

function collect(page: PDFKit.PDFDocument): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    page.on('data', (chunk: Buffer) => chunks.push(chunk));
    page.on('end', () => resolve(Buffer.concat(chunks)));
    page.on('error', reject);
  });
}
