// sprig: wrapping and abbreviating, by bytes.
import type { Meter } from '../limits.ts'

export function wrap(
  source: string,
  length: number,
  how: { readonly breakWords: boolean; readonly lineBreak: string },
  meter: Meter,
): string {
  const lineBreak = how.lineBreak === '' ? '\n' : how.lineBreak
  const width = Math.max(1, length)
  let out = ''
  let at = 0
  const line = (end: number, next: number): void => {
    meter.grow(end - at + lineBreak.length)
    out += source.slice(at, end) + lineBreak
    at = next
  }
  while (source.length - at > width) {
    meter.step()
    if (source[at] === ' ') {
      at++
      continue
    }
    const blank = at + source.slice(at, at + width + 1).lastIndexOf(' ')
    if (blank >= at) line(blank, blank + 1)
    else if (how.breakWords) line(at + width, at + width)
    else {
      const next = source.indexOf(' ', at + width)
      if (next < 0) {
        out += source.slice(at)
        at = source.length
      } else line(next, next + 1)
    }
  }
  return out + source.slice(at)
}

export function abbreviate(source: string, offset: number, width: number): string {
  if (source.length <= width || width < 4) return width < 4 ? '' : source
  let from = Math.min(offset, source.length)
  if (source.length - from < width - 3) from = source.length - (width - 3)
  if (from <= 4) return `${source.slice(0, width - 3)}...`
  if (width < 7) return ''
  return `...${from + width - 3 < source.length ? abbreviate(source.slice(from), 0, width - 3) : source.slice(source.length - (width - 3))}`
}
