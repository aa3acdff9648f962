/** Name of tracer and meter: the package that makes the telemetry. */
export const SCOPE = 'nestjs-warren-telemetry';
