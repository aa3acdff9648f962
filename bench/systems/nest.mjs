/** A Nest application with nothing in it: what every worker of Nest has in memory. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

export async function open() {
  class Nothing {}
  Module({})(Nothing);
  return NestFactory.createApplicationContext(Nothing, { logger: ['error'] });
}
