import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The demo's verdict is only worth something if it notices what is wrong: a sound run, then one fault at a time. */

interface Order {
  readonly orderId: string;
  readonly placedAt: string;
  readonly email: string;
  readonly customer: string;
  readonly amountCents: number;
  readonly items: readonly object[];
  readonly webhook?: URL;
}

interface Click {
  readonly jobs: ReadonlyArray<{ readonly id: string }>;
  readonly deduplicated: boolean;
}

interface ById {
  readonly order: Order;
  clicks: Click[];
  readonly payment: { id: string };
  readonly reminder: { readonly id: string; readonly type: string };
  outcome: string;
  readonly status: Record<'payment' | 'invoice' | 'reminder', Record<string, unknown>>;
}

interface Run {
  readonly orders: readonly Order[];
  readonly jobs: Array<{ id: string; type: string; subject: string }>;
  readonly ledger: {
    jobs: Map<
      string,
      {
        type: string;
        enqueuedAt: number;
        starts: number;
        completions: number;
        retries: number;
        failure?: object;
        hasLeft: boolean;
      }
    >;
  };
  readonly sink: { mails: Array<{ to: string; subject: string; messageId: string }> };
  readonly gateway: {
    accounts: Map<string, { amountCents: number; keys: string[]; refusals: number }>;
    charges: Map<string, { id: string }>;
  };
  readonly targets: { notices: Array<{ host: string; orderId: string; deliveryId: string }> };
  readonly deadLetters: Array<{ id: string; reason: string; attempts: number }>;
  readonly outputDir: string;
  byId?: ById;
}

// The scripts are plain JavaScript without declarations.
const modulePath = '../../scripts/demo/check.mjs';
const { check } = (await import(modulePath)) as { check: (run: Run) => Promise<string[]> };

const PDF = '%PDF-1.3\n...\n%%EOF\n';

describe("the demo's verdict", () => {
  let run: Run;

  beforeEach(async () => {
    run = soundRun(await mkdtemp(join(tmpdir(), 'demo-check-')));
    await write('invoices/invoice-order-0005.pdf', PDF);
    await write('reports/2026-08.json', JSON.stringify({ month: '2026-08', orders: 1, amountCents: 700 }));
  });
  afterEach(() => rm(run.outputDir, { recursive: true }));

  async function write(name: string, content: string): Promise<void> {
    await mkdir(join(run.outputDir, name, '..'), { recursive: true });
    await writeFile(join(run.outputDir, name), content);
  }

  it('finds nothing wrong with a sound run', async () => {
    expect(await check(run)).toEqual([]);
  });

  it('takes a second copy of a mail for what it is', async () => {
    run.sink.mails.push({ ...run.sink.mails[0]! });
    expect(await check(run)).toEqual([]);
  });

  it('names a mail that is missing', async () => {
    run.sink.mails.pop();
    expect(await check(run)).toEqual(["missing mail: 'Your order order-0005' to ada@example.com"]);
  });

  it('names a mail that went to somebody else', async () => {
    run.sink.mails[0]!.to = 'ben@example.com';
    expect(await check(run)).toEqual([
      "missing mail: 'Welcome, Ada' to ada@example.com",
      "unexpected mail: 'Welcome, Ada' to ben@example.com",
    ]);
  });

  it('names an invoice that is missing', async () => {
    await rm(join(run.outputDir, 'invoices/invoice-order-0005.pdf'));
    expect(await check(run)).toEqual(['missing invoice file: invoice-order-0005.pdf']);
  });

  it('names an invoice that was cut off', async () => {
    await write('invoices/invoice-order-0005.pdf', '%PDF-1.3\n');
    expect(await check(run)).toEqual(['invoice file invoice-order-0005.pdf is no whole PDF']);
  });

  it('names an order that was charged twice', async () => {
    const account = run.gateway.accounts.get('order-0005')!;
    account.keys.push('other');
    account.amountCents = 1_400;
    expect(await check(run)).toEqual([
      'missing charge: 700 cents for order-0005 under job p after 1 refusals',
      'unexpected charge: 1400 cents for order-0005 under job p and other after 1 refusals',
    ]);
  });

  it('names retries that no refusal asked for', async () => {
    run.ledger.jobs.get('e2')!.retries = 1;
    expect(await check(run)).toEqual(['the gateway refused 1 times, but 2 retries were made']);
  });

  it('names a webhook that never came', async () => {
    run.targets.notices.pop();
    expect(await check(run)).toEqual(['missing webhook: order-0005 at closed.example.com']);
  });

  it('names a dead letter that is missing', async () => {
    run.deadLetters.pop();
    expect(await check(run)).toEqual(['missing dead letter: w terminated after attempt 1']);
  });

  it('names a report with a wrong sum', async () => {
    await write('reports/2026-08.json', JSON.stringify({ month: '2026-08', orders: 1, amountCents: 1 }));
    expect(await check(run)).toEqual([
      'missing report: 2026-08: 1 orders, 700 cents',
      'unexpected report: 2026-08: 1 orders, 1 cents',
    ]);
  });

  it('names a job that the ledger knows and no answer named', async () => {
    run.jobs.pop();
    expect(await check(run)).toEqual(['unexpected enqueued job: report:monthly r']);
  });

  it('names a job that ended twice in different ways', async () => {
    run.ledger.jobs.get('e1')!.failure = { reason: 'exhausted' };
    expect(await check(run)).toEqual(['email:new e1 both completed and failed']);
  });

  describe('on an order that is paid later', () => {
    let byId: ById;
    beforeEach(() => {
      byId = run.byId = paidLater(run);
    });

    it('finds nothing wrong with a sound run', async () => {
      expect(await check(run)).toEqual([]);
    });

    it('names a double click that made two jobs', async () => {
      byId.clicks = ['p', 'p2'].map((id) => ({ jobs: [{ id }], deduplicated: false }));
      expect(await check(run)).toEqual([
        'both clicks on pay: [["p"],["p2"]] instead of [["p"],["p"]]',
        'which click was one too many: [false,false] instead of [false,true]',
      ]);
    });

    it('names a double click that charged twice', async () => {
      run.gateway.accounts.get('order-0005')!.keys.push('p2');
      expect(await check(run)).toContain('charges for order-0005: ["p","p2"] instead of ["p"]');
    });

    it('names a status that is not that of the job', async () => {
      byId.status.payment['result'] = { chargeId: 'charge-2' };
      byId.status.invoice['progress'] = { done: 1, total: 2 };
      expect(await check(run)).toEqual([
        'status of the payment: {"state":"completed","tried":2,"result":{"chargeId":"charge-2"}} instead of {"state":"completed","tried":2,"result":{"chargeId":"charge-1"}}',
        'status of the invoice: {"state":"completed","progress":{"done":1,"total":2}} instead of {"state":"completed","progress":{"done":2,"total":2}}',
      ]);
    });

    it('names a cancelled job that ran all the same', async () => {
      run.ledger.jobs.get('m')!.starts = 1;
      expect(await check(run)).toEqual(['starts of the cancelled reminder: 1 instead of 0']);
    });

    it('names a cancelled job whose message never came', async () => {
      run.ledger.jobs.get('m')!.hasLeft = false;
      expect(await check(run)).toEqual(['whether its message came and left: false instead of true']);
    });

    it('names a mail that a cancelled job sent', async () => {
      run.sink.mails.push({ to: 'ada@example.com', subject: 'Please pay order-0005', messageId: '<m>' });
      expect(await check(run)).toEqual(["unexpected mail: 'Please pay order-0005' to ada@example.com"]);
    });
  });
});

/** The order's payment was asked for by a double click, and its reminder was cancelled. */
function paidLater(run: Run): ById {
  const reminder = { id: 'm', type: 'email:reminder' };
  const life = { enqueuedAt: 1, starts: 0, completions: 0, retries: 0, hasLeft: true };
  run.ledger.jobs.set(reminder.id, { type: reminder.type, ...life });
  const jobs = [{ id: 'p' }];
  return {
    order: run.orders[0]!,
    clicks: [
      { jobs, deduplicated: true },
      { jobs, deduplicated: false },
    ],
    payment: { id: 'p' },
    reminder,
    outcome: 'cancelled',
    status: {
      payment: { state: 'completed', tried: 2, result: { chargeId: 'charge-1' } },
      invoice: { state: 'completed', progress: { done: 2, total: 2 } },
      reminder: { state: 'cancelled', tried: 0 },
    },
  };
}

/** One customer, one order, whose payment fails once and whose webhook's target is gone. */
function soundRun(outputDir: string): Run {
  const orderId = 'order-0005';
  const jobs = [
    { id: 'e1', type: 'email:new', subject: 'ada@example.com' },
    { id: 'p', type: 'payment:charge', subject: orderId },
    { id: 'i', type: 'invoice:pdf', subject: orderId },
    { id: 'e2', type: 'email:new', subject: orderId },
    { id: 'w', type: 'webhook:deliver', subject: orderId },
    { id: 'r', type: 'report:monthly', subject: '2026-08' },
  ];
  const lives = jobs.map(({ id, type }) => {
    const isDead = id === 'w';
    const completions = isDead ? 0 : 1;
    const retries = id === 'p' ? 1 : 0;
    const life = { type, enqueuedAt: 1, starts: 1 + retries, completions, retries, hasLeft: false };
    return [id, { ...life, ...(isDead && { failure: { reason: 'terminated' } }) }] as const;
  });
  return {
    orders: [
      {
        orderId,
        placedAt: '2026-08-01T10:00:00Z',
        email: 'ada@example.com',
        customer: 'Ada',
        amountCents: 700,
        items: [{}, {}],
        webhook: new URL('https://closed.example.com/orders'),
      },
    ],
    jobs,
    ledger: { jobs: new Map(lives) },
    sink: {
      mails: [
        { to: 'ada@example.com', subject: 'Welcome, Ada', messageId: '<e1>' },
        { to: 'ada@example.com', subject: `Your order ${orderId}`, messageId: '<e2>' },
      ],
    },
    gateway: {
      accounts: new Map([[orderId, { amountCents: 700, keys: ['p'], refusals: 1 }]]),
      charges: new Map([['p', { id: 'charge-1' }]]),
    },
    targets: { notices: [{ host: 'closed.example.com', orderId, deliveryId: 'w' }] },
    deadLetters: [{ id: 'w', reason: 'terminated', attempts: 1 }],
    outputDir,
  };
}
