// A registry from a file: which tags each image has, for places without a network and for tests.
import * as v from 'valibot'
import { parse } from 'yaml'
import { Failure } from '../core/failure.ts'
import { imageKey } from '../core/image.ts'
import type { ImageSource, Registry } from '../ports.ts'

const Digest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/))
/** `["1.2.3"]`, or `{"1.2.3": "sha256:…"}` where digests are wanted. */
const Tags = v.record(v.string(), v.union([v.array(v.string()), v.record(v.string(), Digest)]))

/** Image → tags, the image as anybody may spell it. */
export type KnownTags = ReadonlyMap<string, ReadonlyMap<string, string>>

export function readTags(text: string, file: string): KnownTags {
  let content: unknown
  try {
    content = parse(text)
  } catch (error) {
    throw new Failure('tags-file', `${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const read = v.safeParse(Tags, content)
  if (!read.success) {
    const path = v.getDotPath(read.issues[0])
    throw new Failure(
      'tags-file',
      `${file}${path === null ? '' : ` at ${path}`}: expected {"ghcr.io/example/app": ["1.2.3"]}, or {"ghcr.io/example/app": {"1.2.3": "sha256:…"}}`,
    )
  }
  const known = new Map<string, Map<string, string>>()
  for (const [image, tags] of Object.entries(read.output)) {
    const key = imageKey(image) ?? image
    const all = known.get(key) ?? new Map<string, string>()
    known.set(key, all)
    for (const [tag, digest] of Array.isArray(tags) ? tags.map((each) => [each, ''] as const) : Object.entries(tags)) all.set(tag, digest)
  }
  return known
}

export function registryOf(known: KnownTags, file: string): Registry {
  const tagsOf = ({ image }: ImageSource): ReadonlyMap<string, string> => {
    const tags = known.get(imageKey(image) ?? image)
    if (tags) return tags
    throw new Failure('registry-not-found', `${file} says nothing of ${image}: add its tags, or an empty list`)
  }
  return {
    confirm: async (source, tag) => {
      const digest = tagsOf(source).get(tag)
      return digest === undefined ? { found: false, why: 'no-such-tag' } : { found: true, digest }
    },
    list: async function* (source) {
      yield [...tagsOf(source).keys()]
    },
  }
}
