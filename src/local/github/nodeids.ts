// Opaque to callers, and the same in REST and GraphQL. GitHub's own are packed differently.
export const nodeId = (kind: string, ...parts: readonly (string | number)[]) =>
  `${kind}_${Buffer.from(parts.join('\n')).toString('base64url')}`
export function partsOfNodeId(id: string): readonly [kind: string, ...parts: readonly string[]] {
  const line = id.indexOf('_')
  return [
    id.slice(0, line),
    ...Buffer.from(id.slice(line + 1), 'base64url')
      .toString('utf8')
      .split('\n'),
  ]
}
