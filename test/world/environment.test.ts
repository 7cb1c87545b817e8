import { describe, expect, it } from 'vitest';
import {
  directVariables,
  targetEnvironment,
  variablesOf,
  type EnvironmentSettings,
} from '../../harness/world/environment.ts';
import type { TargetConfig } from '../../harness/world/target.ts';
import type { PartSpec } from '../../harness/world/types.ts';

function part(name: string, variables: Record<string, string>): PartSpec {
  return { name, role: 'source', protocol: 'http', module: 'file:///x', settings: {}, variables };
}

const crm = part('crm', { CRM_BASE_URL: '{origin}/api/v2', CRM_HOST: '{host}', CRM_PORT: '{port}' });
const store = part('vector-store', { DATABASE_URL: 'postgres://postgres:postgres@{host}:{port}/postgres' });
const links = new Map([
  ['crm', { host: '127.0.0.1', port: 4001 }],
  ['vector-store', { host: '127.0.0.1', port: 4002 }],
]);

function target(more: Partial<TargetConfig> = {}): TargetConfig {
  return { name: 't', start: { kind: 'command', command: ['node'] }, ready: { path: '/' }, operations: {}, ...more };
}

function environment(more: Partial<EnvironmentSettings> = {}): Readonly<Record<string, string>> {
  return targetEnvironment({
    ...{
      person: { PATH: '/bin' },
      target: target(),
      parts: [crm, store],
      links,
      port: 5000,
      otlpUrl: null,
      defect: null,
    },
    ...more,
  });
}

describe('targetEnvironment', () => {
  it('points every variable of a part at its link', () => {
    expect(environment()).toMatchObject({
      CRM_BASE_URL: 'http://127.0.0.1:4001/api/v2',
      CRM_HOST: '127.0.0.1',
      CRM_PORT: '4001',
      DATABASE_URL: 'postgres://postgres:postgres@127.0.0.1:4002/postgres',
      PORT: '5000',
    });
  });

  it('hands on what a program needs to run, and nothing else of the person', () => {
    const person = {
      ...{ PATH: '/bin', HOME: '/home/ada', LANG: 'C.UTF-8' },
      ...{ OPENAI_API_KEY: 'sk-real', ANTHROPIC_API_KEY: 'real', AWS_SECRET_ACCESS_KEY: 'real', AWS_PROFILE: 'prod' },
      ...{ NODE_OPTIONS: '--require ./spy.js', HTTP_PROXY: 'http://proxy', GITHUB_TOKEN: 'real', DATABASE_URL: 'prod' },
    };
    const seen = environment({ person });
    expect(seen).toMatchObject({ PATH: '/bin', HOME: '/home/ada', LANG: 'C.UTF-8' });
    expect(Object.values(seen).filter((value) => /real|prod|spy|proxy/.test(value))).toEqual([]);
    expect(seen).not.toHaveProperty('AWS_PROFILE');
    expect(seen).not.toHaveProperty('NODE_OPTIONS');
  });

  it('gives credentials that open nothing', () => {
    expect(environment()).toMatchObject({
      OPENAI_API_KEY: 'gameday-dummy-key',
      AWS_SECRET_ACCESS_KEY: 'gameday-dummy-secret',
      AWS_REGION: 'us-east-1',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
  });

  it('names a defect and a place for telemetry only when there is one', () => {
    expect(environment()).not.toHaveProperty('GAMEDAY_DEFECT');
    expect(environment()).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(environment({ defect: 'A2', otlpUrl: 'http://127.0.0.1:4318' })).toMatchObject({
      GAMEDAY_DEFECT: 'A2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    });
  });

  it('uses the other names that a config gives, instead of its own', () => {
    const seen = environment({
      target: target({ rename: { CRM_BASE_URL: 'MY_CRM', PORT: 'LISTEN_ON', OPENAI_API_KEY: 'KEY' } }),
    });
    expect(seen).toMatchObject({ MY_CRM: 'http://127.0.0.1:4001/api/v2', LISTEN_ON: '5000', KEY: 'gameday-dummy-key' });
    for (const name of ['CRM_BASE_URL', 'PORT', 'OPENAI_API_KEY']) expect(seen).not.toHaveProperty(name);
  });

  it('lets the config set variables of its own, but not lead the target past a link', () => {
    const start = {
      kind: 'command',
      command: ['x'],
      environment: { MODE: 'fast', AWS_REGION: 'eu-west-1', CRM_BASE_URL: 'http://elsewhere' },
    } as const;
    expect(environment({ target: target({ start }) })).toMatchObject({
      MODE: 'fast',
      AWS_REGION: 'eu-west-1',
      CRM_BASE_URL: 'http://127.0.0.1:4001/api/v2',
    });
  });

  it('refuses two parts that set the same variable, naming both', () => {
    const other = part('vector-store', { CRM_HOST: '{host}' });
    expect(() => environment({ parts: [crm, other] })).toThrow('CRM_HOST is set by both crm and vector-store.');
  });
});

describe('variablesOf', () => {
  it('leaves other braces as they are', () => {
    expect(variablesOf(part('x', { X: '{"a":{port}} {user}' }), { host: 'h', port: 1 })).toEqual({
      X: '{"a":1} {user}',
    });
  });
});

describe('directVariables', () => {
  it('has the unproxied values under both names', () => {
    const direct = directVariables(
      [crm],
      new Map([['crm', { host: '127.0.0.1', port: 9 }]]),
      target({ rename: { CRM_PORT: 'P' } }),
    );
    expect(direct).toMatchObject({ CRM_PORT: '9', P: '9', CRM_BASE_URL: 'http://127.0.0.1:9/api/v2' });
  });
});
