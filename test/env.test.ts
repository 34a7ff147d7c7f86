import { describe, expect, test } from 'vitest'
import { gitRepositoryName, parseEnv } from '../src/env.ts'

const complete = {
  TABLE_NAME: 'tagboat',
  TARGET_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/1/targets.fifo',
  SCAN_QUEUE_URL: 'http://127.0.0.1:4566/scans',
  SECRET_PREFIX: 'tagboat',
  METRICS: 'tagboat/Test',
  ACCOUNT_ID: '123456789012',
  GIT_REPOSITORIES: 'org/fleet,Git.Example.com:8443/Team/Apps',
  PATH: '/bin',
}

describe('the environment of a function', () => {
  test('holds what it reads, with the default level', () => {
    expect(parseEnv('evaluate', complete)).toEqual({
      TABLE_NAME: 'tagboat',
      TARGET_QUEUE_URL: complete.TARGET_QUEUE_URL,
      SCAN_QUEUE_URL: complete.SCAN_QUEUE_URL,
      METRICS: 'tagboat/Test',
      ACCOUNT_ID: '123456789012',
      READ_ROLE: '',
      LOG_LEVEL: 'info',
    })
  })
  test('says all that is wrong at once, without the values', () => {
    const wrong = {
      ...complete,
      TABLE_NAME: undefined,
      TARGET_QUEUE_URL: 's3cret',
      GIT_REPOSITORIES: 'org/fleet,s3cret',
      LOG_LEVEL: 's3cret',
    }
    expect(() => parseEnv('promote', wrong)).toThrow(
      new Error(
        'function "promote" cannot start: TABLE_NAME is not set; LOG_LEVEL is wrong: expected ("debug" | "info" | "warn" | "error"); ' +
          'TARGET_QUEUE_URL is wrong: expected url; GIT_REPOSITORIES is wrong: expected owner/repository or host/owner/repository',
      ),
    )
  })
})

describe('the repositories that may be written', () => {
  test('are named with their host, in lower case', () => {
    expect(parseEnv('promote', complete).GIT_REPOSITORIES).toEqual(['github.com/org/fleet', 'git.example.com:8443/team/apps'])
  })
  test('are none if the list is empty', () => {
    expect(parseEnv('promote', { ...complete, GIT_REPOSITORIES: '' }).GIT_REPOSITORIES).toEqual([])
  })
  test('are found again from a target, whatever its case', () => {
    expect(gitRepositoryName({ host: 'github.com', owner: 'Org', repository: 'Fleet' })).toBe('github.com/org/fleet')
  })
})
