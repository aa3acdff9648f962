import { Controller, Inject } from '@nestjs/common';
import { WarrenError } from 'nestjs-warren';
import { API, type ApiParts } from '../tokens.js';
import { Input, type CallOf } from './call.js';
import {
  getSchedule,
  listSchedules,
  nextOccurrences,
  pauseSchedule,
  putSchedule,
  removeSchedule,
  resumeSchedule,
  triggerSchedule,
} from './dto/schedules.js';
import { Serves } from './endpoint.js';
import { accepted, scheduleView } from './views.js';

@Controller()
export class SchedulesController {
  constructor(@Inject(API) private readonly parts: ApiParts) {}

  private get schedules() {
    return this.parts.jobs.schedules;
  }

  @Serves(listSchedules)
  async list(): Promise<object> {
    const schedules = await this.schedules.list();
    return { schedules: schedules.map((schedule) => scheduleView(schedule, this.parts.redact)) };
  }

  @Serves(getSchedule)
  async get(@Input() { params }: CallOf<typeof getSchedule>): Promise<object> {
    const schedule = await this.schedules.get(params.name);
    if (!schedule) throw notFound(params.name);
    return scheduleView(schedule, this.parts.redact);
  }

  @Serves(nextOccurrences)
  async next(@Input() { params, query }: CallOf<typeof nextOccurrences>): Promise<object> {
    return { occurrences: await this.schedules.next(params.name, query.count ?? 10) };
  }

  @Serves(putSchedule)
  async put(@Input() { params, body }: CallOf<typeof putSchedule>): Promise<object> {
    const job = this.parts.definitions.get(body.job) ?? body.job;
    const schedule = await this.schedules.upsert(params.name, { ...body, job });
    return scheduleView(schedule, this.parts.redact);
  }

  @Serves(removeSchedule)
  async remove(@Input() { params }: CallOf<typeof removeSchedule>): Promise<object> {
    if (!(await this.schedules.remove(params.name))) throw notFound(params.name);
    return { removed: true };
  }

  @Serves(triggerSchedule)
  async trigger(@Input() { params, setHeader }: CallOf<typeof triggerSchedule>): Promise<object> {
    const ref = await this.schedules.trigger(params.name);
    setHeader('Location', `../../jobs/${encodeURIComponent(ref.id)}`);
    return accepted(ref);
  }

  @Serves(pauseSchedule)
  async pause(@Input() { params }: CallOf<typeof pauseSchedule>): Promise<object> {
    return scheduleView(await this.schedules.pause(params.name), this.parts.redact);
  }

  @Serves(resumeSchedule)
  async resume(@Input() { params }: CallOf<typeof resumeSchedule>): Promise<object> {
    return scheduleView(await this.schedules.resume(params.name), this.parts.redact);
  }
}

function notFound(name: string): WarrenError {
  return new WarrenError(
    'WARREN_SCHEDULE_NOT_FOUND',
    `There is no schedule ${JSON.stringify(name)}: it was never put, or it was removed. GET schedules gives all.`,
    { details: { name } },
  );
}
