// sprig: paths. Go's path and, on Linux, path/filepath are the same.
import { fn, gives, param, type Func } from '../go/functions.ts'

export function pathFunctions(): Readonly<Record<string, Func>> {
  const text = (make: (path: string) => string): Func => fn([param.str], gives.str, make)
  const isAbs = fn([param.str], gives.bool, (path) => path.startsWith('/'))
  return {
    base: text(base),
    osBase: text(base),
    dir: text(dir),
    osDir: text(dir),
    clean: text(clean),
    osClean: text(clean),
    ext: text(ext),
    osExt: text(ext),
    isAbs,
    osIsAbs: isAbs,
  }
}

function base(path: string): string {
  if (path === '') return '.'
  let end = path.length
  while (end > 0 && path[end - 1] === '/') end--
  const trimmed = path.slice(0, end)
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

const dir = (path: string): string => clean(path.slice(0, path.lastIndexOf('/') + 1))

function clean(path: string): string {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (!rooted) kept.push(part)
  }
  const cleaned = kept.join('/')
  return rooted ? `/${cleaned}` : cleaned === '' ? '.' : cleaned
}

function ext(path: string): string {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') ? path.slice(dot) : ''
}
