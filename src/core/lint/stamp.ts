// Which of the texts that look like markers are markers. Each is numbered inside of its own comment, and whoever finds markers is asked
// which numbers it found: so the two can never disagree.
import { lookForMarkers, type Marker } from '../markers.ts'

export interface Suspect {
  /** In the text, whose line ends are LF. */
  readonly offset: number
  readonly line: number
  /** Absent: nothing comes of it. */
  readonly marker?: Marker
}
export type Suspects =
  | { readonly is: 'read'; readonly text: string; readonly suspects: readonly Suspect[] }
  | { readonly is: 'skipped'; readonly text: string; readonly suspects: readonly Suspect[]; readonly why: string; readonly detail: string }

const looksLikeOne = /\$imagepolicy|#\/definitions\/io\.k8s\.cli\.setters\./g
const beforeSetter = /^(?:\$imagepolicy"[ \t]*:[ \t]*"|#\/definitions\/io\.k8s\.cli\.setters\.)/
const stampOf = (at: number): string => `@${at}@`

export function suspectsIn(bytes: Uint8Array): Suspects {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).replaceAll('\r\n', '\n')
  const places = Array.from(text.matchAll(looksLikeOne), ({ index }) => index)
  const found = lookForMarkers(isText(bytes) ? new TextEncoder().encode(stamped(text, places)) : bytes)
  const markers = new Map<number, Marker>()
  if (found.is === 'read')
    for (const marker of found.markers) {
      const [, at = '', setter = ''] = /^@(\d+)@(.*)$/s.exec(marker.setter) ?? []
      if (at !== '') markers.set(Number(at), { ...marker, setter })
    }
  let line = 1
  let from = 0
  const suspects = places.map((offset, at): Suspect => {
    for (let next = text.indexOf('\n', from); next >= 0 && next < offset; next = text.indexOf('\n', from)) {
      line++
      from = next + 1
    }
    const marker = markers.get(at)
    return { offset, line, ...(marker && { marker }) }
  })
  return found.is === 'read' ? { is: 'read', text, suspects } : { is: 'skipped', text, suspects, why: found.why, detail: found.detail }
}

function stamped(text: string, places: readonly number[]): string {
  let result = ''
  let from = 0
  for (const [at, place] of places.entries()) {
    const [before = ''] = beforeSetter.exec(text.slice(place, place + 200)) ?? []
    result += text.slice(from, place + before.length) + (before === '' ? '' : stampOf(at))
    from = place + before.length
  }
  return result + text.slice(from)
}

/** What is not UTF-8 must be refused as it is, not as what decoding makes of it. */
function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}
