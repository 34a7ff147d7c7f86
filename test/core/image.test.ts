import { describe, expect, test } from 'vitest'
import { ecrImage, ecrImageName, imageKey, parseImage } from '../../src/core/image.ts'

describe('all spellings of an image have one key', () => {
  test.each([
    [
      'index.docker.io/library/alpine',
      [
        'alpine',
        'library/alpine',
        'docker.io/alpine',
        'index.docker.io/library/alpine',
        'registry-1.docker.io/library/alpine',
        'DOCKER.IO/alpine',
      ],
    ],
    ['index.docker.io/bitnami/redis', ['bitnami/redis', 'docker.io:443/bitnami/redis', 'registry-1.docker.io/bitnami/redis']],
    ['ghcr.io/org/app', ['ghcr.io/org/app', 'GHCR.IO/org/app', 'ghcr.io:443/org/app']],
    ['localhost:5000/app', ['localhost:5000/app', 'LOCALHOST:5000/app']],
    ['public.ecr.aws/nginx/nginx', ['public.ecr.aws/nginx/nginx', 'ecr-public.aws.com/nginx/nginx']],
    [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app',
      [
        '123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app',
        '123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/team/app',
        '123456789012.dkr-ecr.us-east-1.on.aws/team/app',
        '123456789012.dkr-ecr-fips.us-east-1.on.aws/team/app',
        '123456789012.DKR.ECR.US-EAST-1.AMAZONAWS.COM:443/team/app',
      ],
    ],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app',
      ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app', '123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn/app'],
    ],
    ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/app', ['123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu/app']],
    ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/app', ['123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov/app']],
  ])('%s', (key, spellings) => {
    expect(new Set(spellings.map(imageKey))).toEqual(new Set([key]))
  })

  test.each(['https://ghcr.io/a/b', 'ghcr.io/a/b:1', 'Alpine', ''])('%j has none, since it is no spec.image', (image) => {
    expect(imageKey(image)).toBeNull()
  })
})

describe('an ECR event finds its image', () => {
  test.each([
    ['eu-west-1', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app'],
    ['cn-northwest-1', '123456789012.dkr.ecr.cn-northwest-1.amazonaws.com.cn/team/app'],
    ['us-isob-east-1', '123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov/team/app'],
  ])('in %s', (region, name) => {
    const event = { account: '123456789012', region, repository: 'team/app' }
    expect(ecrImageName(event)).toBe(name)
    expect(imageKey(name)).toBe(name)
    expect(ecrImage(name)).toEqual(event)
  })

  test.each([
    'public.ecr.aws/a/b',
    'ghcr.io/a/b',
    '12345.dkr.ecr.eu-west-1.amazonaws.com/a',
    '123456789012.dkr.ecr.eu-west-1.example.com/ab',
  ])('%s is not private ECR', (image) => {
    expect(ecrImage(image)).toBeUndefined()
  })
})

test('a name says which of its parts is the registry', () => {
  expect(parseImage('localhost/app', { insecure: true })).toEqual({
    ok: true,
    registry: 'index.docker.io',
    repository: 'localhost/app',
    canonical: 'index.docker.io/localhost/app',
    insecure: true,
  })
})
