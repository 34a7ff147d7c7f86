// Somebody who works on a repository by REST alone: for the Git host contract where there is no scene to act on.
import type { FileMode } from '../../src/ports.ts'
import type { Person, Written } from './git-host.ts'
import type { GitRestSubject } from './git-rest.ts'

const modes = { file: '100644', executable: '100755', link: '120000' } as const satisfies Record<FileMode, string>
const isMode = (name: string): name is FileMode => Object.hasOwn(modes, name)

const record = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? { ...value } : {})
const list = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.map(record) : [])

export function personByRest({ rest, branch }: GitRestSubject): Person {
  const sent = async (method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await rest(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return Array.isArray(answer.body) ? { list: answer.body } : record(answer.body)
  }
  const head = async () => String(record((await sent('GET', `/git/ref/heads/${branch}`))['object'])['sha'])
  const blob = async (bytes: Uint8Array) =>
    (await sent('POST', '/git/blobs', { content: Buffer.from(bytes).toString('base64'), encoding: 'base64' }))['sha']
  const entry = async (path: string, written: Written | null) => {
    if (written === null) return { path, mode: '100644', type: 'blob', sha: null }
    if (typeof written === 'string') return { path, mode: '100644', type: 'blob', content: written }
    const { bytes, mode } = written instanceof Uint8Array ? { bytes: written, mode: 'file' as const } : written
    return { path, mode: modes[mode], type: 'blob', sha: await blob(bytes) }
  }
  return {
    commit: async (files, message = 'Change by a person') => {
      const parent = await head()
      const base = await sent('GET', `/git/commits/${parent}`)
      const tree = await Promise.all(Object.entries(files).map(async ([path, written]) => entry(path, written)))
      const made = await sent('POST', '/git/trees', { base_tree: record(base['tree'])['sha'], tree })
      const commit = await sent('POST', '/git/commits', { message, tree: made['sha'], parents: [parent] })
      await sent('PATCH', `/git/refs/heads/${branch}`, { sha: commit['sha'], force: false })
      return String(commit['sha'])
    },
    rewind: async (to) => void (await sent('PATCH', `/git/refs/heads/${branch}`, { sha: to, force: true })),
    read: async (path) => {
      const { tree } = await sent('GET', `/git/trees/${await head()}?recursive=1`)
      const found = list(tree).find((one) => one['path'] === path)
      const mode = Object.entries(modes).find(([, octal]) => octal === found?.['mode'])?.[0]
      if (found === undefined || mode === undefined || !isMode(mode)) return undefined
      const { content } = await sent('GET', `/git/blobs/${String(found['sha'])}`)
      return { bytes: new Uint8Array(Buffer.from(String(content), 'base64')), mode }
    },
    log: async () =>
      list((await sent('GET', `/commits?sha=${branch}&per_page=100`))['list']).map((one) => ({
        oid: String(one['sha']),
        message: String(record(one['commit'])['message']),
      })),
  }
}
