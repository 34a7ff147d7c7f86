import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Failure } from '../../core/failure.ts'
import type { GitPlace } from '../../ports.ts'
import { nameOf } from './client.ts'
import type { Client } from './client.ts'
import { withoutAnswer } from './failures.ts'
import { readTar } from './tar.ts'
import type { TarFile } from './tar.ts'

/** The whole stream; a repository of a gigabyte takes its time. */
const TIMEOUT = 10 * 60_000
/** A commit that unpacks to more than this is no configuration, or a bomb. */
const MOST_UNPACKED = 8 * 1024 ** 3

/** All files and links of a commit except very large ones, as they come off the wire: no more than one is held. */
export async function* archive(github: Client, place: GitPlace, commit: string): AsyncGenerator<TarFile> {
  const doing = `fetching the archive of ${commit} of ${nameOf(place)}`
  const body = await download(github, place, commit, doing)
  const unzipped = pipeline(Readable.from(chunksOf(body)), createGunzip(), () => undefined)
  try {
    const comment = (text: string) => {
      if (/^[0-9a-f]{40}$/.test(text) && text !== commit)
        throw new Failure('git-malformed', `while ${doing}, the archive of ${text} came`, { retry: true })
    }
    for await (const file of readTar(limited(unzipped), { comment })) {
      // GitHub puts everything into one folder, named after repository and commit.
      const path = file.path.slice(file.path.indexOf('/') + 1)
      if (path !== '') yield { ...file, path }
    }
  } catch (error) {
    // Whatever is not ours comes from the stream or from unpacking it.
    throw error instanceof Failure || !(error instanceof Error) ? error : withoutAnswer(error, doing)
  } finally {
    unzipped.destroy()
  }
}

async function* limited(chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) continue
    total += chunk.byteLength
    if (total > MOST_UNPACKED)
      throw new Failure(
        'git-too-large',
        `the archive unpacks to more than ${MOST_UNPACKED} bytes, which is the limit. Name a smaller update.path`,
      )
    yield chunk
  }
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** GitHub sends us on to a server of archives, with a token of its own in the address: ours is not for that server. */
async function download(github: Client, place: GitPlace, commit: string, doing: string): Promise<ReadableStream<Uint8Array>> {
  const fetch = await github.fetchFor(place)
  return github.read(place, doing, async (kit, asking) => {
    const { url, headers } = kit.request.endpoint('GET /repos/{owner}/{repo}/tarball/{ref}', {
      owner: place.owner,
      repo: place.repository,
      ref: commit,
      ...asking,
    })
    const get = async (address: string, authorized: boolean) => {
      const request = new Request(address, {
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT),
        headers: { 'user-agent': String(headers['user-agent']), ...(authorized ? asking.headers : {}) },
      })
      return fetch(request).catch((error: unknown) => {
        throw error instanceof Error ? withoutAnswer(error, doing) : error
      })
    }
    let answer = await get(url, true)
    for (let hops = 0; hops < 2 && [301, 302, 307, 308].includes(answer.status); hops++) {
      const to = new URL(answer.headers.get('location') ?? url, answer.url === '' ? url : answer.url)
      answer = await get(to.href, to.origin === new URL(url).origin)
    }
    if (answer.status === 200 && answer.body !== null) return answer.body
    throw Object.assign(new Error((await answer.text()).slice(0, 500)), {
      status: answer.status,
      response: { headers: Object.fromEntries(answer.headers), data: null },
    })
  })
}
