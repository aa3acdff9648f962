# One image for each app: docker build --build-arg APP=sample-worker .
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY libs/core/package.json libs/core/
COPY libs/redis/package.json libs/redis/
COPY libs/cli/package.json libs/cli/
COPY libs/telemetry/package.json libs/telemetry/
COPY libs/dashboard/package.json libs/dashboard/
COPY apps/sample-api/package.json apps/sample-api/
COPY apps/sample-worker/package.json apps/sample-worker/
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-slim
ARG APP
ENV NODE_ENV=production APP=$APP
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/libs/core libs/core
COPY --from=build /app/libs/redis libs/redis
COPY --from=build /app/libs/telemetry libs/telemetry
COPY --from=build /app/dist/apps/$APP dist/apps/$APP
RUN mkdir /var/shop && chown node:node /var/shop
USER node
EXPOSE 3000
# exec: the app itself gets SIGTERM, and drains.
CMD ["sh", "-c", "exec node --enable-source-maps dist/apps/$APP/apps/$APP/src/main.js"]
