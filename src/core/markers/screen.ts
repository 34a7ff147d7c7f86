// Which files are read at all, and which of those are parsed. Both are decided before anything is understood, as in Flux.

/** By name: case-sensitive, and `Kustomization` without extension. */
export function isCandidate(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return name.endsWith('.yaml') || name.endsWith('.yml') || name === 'Kustomization'
}

const screened = new TextEncoder().encode('"$imagepolicy"')

/** By content: the bytes `"$imagepolicy"`, quotes included. A dollar sign is rare in YAML, so the search jumps from one to the next. */
export function mayHoldMarkers(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(36); at >= 0; at = bytes.indexOf(36, at + 1)) {
    if (screened.every((byte, i) => bytes[at - 1 + i] === byte)) return true
  }
  return false
}
