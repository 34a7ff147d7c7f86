import { checkoutOf, type PolicyRef, prepare, updateTree } from '../../src/core/markers.ts'
import { type LabelSelector, selects } from '../../src/core/selector.ts'

export interface MarkerCase {
  readonly files: Readonly<Record<string, string>>
  readonly symlinks?: Readonly<Record<string, string>>
  readonly updatePath?: string
  readonly namespace: string
  readonly policies: readonly PolicyRef[]
}

export interface SelectorCase {
  readonly policySelector: LabelSelector | null
  readonly labels: Readonly<Record<string, string>>
}

const failed = (error: string) => ({ expect: { ok: false, error, changedFiles: [], changes: [] } })

function markers({ files, symlinks = {}, updatePath, namespace, policies }: MarkerCase): object {
  const prepared = prepare(policies, namespace)
  if (!prepared.ok) return failed(prepared.error)
  const encoder = new TextEncoder()
  const bytes = new Map(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)]))
  const checkout = checkoutOf(bytes, new Map(Object.entries(symlinks)))
  const update = updateTree(checkout, { setting: prepared.setting, ...(updatePath === undefined ? {} : { updatePath }) })
  if (!update.ok) return failed(update.error)
  const changed = [...update.files].sort(([a], [b]) => (a < b ? -1 : 1))
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return {
    expect: {
      ok: true,
      changedFiles: changed.map(([path]) => path),
      changes: update.changes.map(({ file, object, oldValue, newValue, setter }) => ({
        file,
        object,
        old: oldValue,
        new: newValue,
        setter,
      })),
      surgicalFile: Object.fromEntries(changed.map(([path, content]) => [path, decoder.decode(content)])),
    },
  }
}

function policySelector({ policySelector: selector, labels }: SelectorCase): object {
  return { expect: selects(selector, labels) }
}

export const answers = { markers, 'policy-selector': policySelector }
