export { RabbitMqSignals } from './rabbitmq-signals.js';
