// Into which namespace kustomize puts what lies in a checkout: `namespace:` of a kustomization goes for all that its resources lead to.
import * as v from 'valibot'
import { parseDocument } from 'yaml'
import { folderOf, fromRoot } from '../paths.ts'

const Kustomization = v.object({
  namespace: v.optional(v.string()),
  resources: v.optional(v.array(v.string()), []),
  components: v.optional(v.array(v.string()), []),
})
type Kustomization = v.InferOutput<typeof Kustomization>

export type Moved = ReadonlyMap<string, { readonly namespace: string; readonly by: string }>

/** `texts`: kustomizations by path. A file that two of them put into different namespaces is built twice: nothing is said of it. */
export function kustomized(texts: ReadonlyMap<string, string>): Moved {
  const all = new Map(
    [...texts].flatMap(([path, text]) => {
      const read = readOne(text)
      return read ? [[folderOf(path), { path, ...read }] as const] : []
    }),
  )
  const reached = new Set([...all].flatMap(([folder, each]) => below(folder, each).filter((path) => all.has(path))))
  const moved = new Map<string, { namespace: string; by: string } | null>()
  const visit = (folder: string, above: { readonly namespace: string; readonly by: string } | undefined, on: ReadonlySet<string>): void => {
    const here = all.get(folder)
    if (!here || on.has(folder)) return
    const to = above ?? (here.namespace === undefined ? undefined : { namespace: here.namespace, by: here.path })
    for (const path of below(folder, here)) {
      if (all.has(path)) visit(path, to, new Set([...on, folder]))
      else if (to) {
        const was = moved.get(path)
        moved.set(path, was === undefined || was?.namespace === to.namespace ? to : null)
      }
    }
  }
  for (const folder of all.keys()) if (!reached.has(folder)) visit(folder, undefined, new Set())
  return new Map([...moved].flatMap(([path, to]) => (to ? [[path, to] as const] : [])))
}

const below = (folder: string, { resources, components }: Kustomization): readonly string[] =>
  [...resources, ...components].filter((each) => !each.includes('://')).map((each) => fromRoot(`${folder}/${each}`))

function readOne(text: string): Kustomization | undefined {
  // The yaml package recurses, and nobody writes so many brackets.
  if (text.length > 100_000 || text.split(/[[{]/).length > 1_000) return undefined
  const document = parseDocument(text, { prettyErrors: false })
  const read = document.errors.length > 0 ? undefined : v.safeParse(Kustomization, document.toJS({ maxAliasCount: 100 }))
  return read?.success ? read.output : undefined
}
