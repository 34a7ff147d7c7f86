import assert from 'node:assert/strict'
import { ecrImage, ecrImageName, imageKey, parseImage } from '../../../src/core/image.ts'

export const seeds: readonly string[] = [
  'alpine',
  'docker.io/library/alpine',
  'ghcr.io:443/a/b',
  '[::1]:5000/app',
  '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/team/app',
  '123456789012.dkr-ecr.eu-west-1.on.aws/app',
  'a:3@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
]
export const words: readonly string[] = ['/', ':', '@', '.', '://', '[', ']', '::', '%25', 'docker.io', 'library', 'sha256:', '1.2.3.4']

export function run(input: string): void {
  const parsed = parseImage(input)
  const key = imageKey(input)
  assert.equal(key !== null, parsed.ok)
  if (key === null || !parsed.ok) return
  // Spellings of one image meet in one key, and the key is a spelling too (unless it lost the dot or colon that made it a registry).
  if (parseImage(parsed.canonical).ok) assert.equal(imageKey(parsed.canonical), key)
  const ecr = ecrImage(input)
  if (ecr) assert.equal(ecrImageName(ecr), key)
}
