/** `spec.update.path` as a path from the root of the repository: `./`, doubled slashes and `..` resolved, never above the root. '' is the root. */
export function fromRoot(path: string | undefined): string {
  const parts: string[] = []
  for (const part of (path ?? '').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

export const isWithin = (path: string, folder: string): boolean => folder === '' || path === folder || path.startsWith(`${folder}/`)

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** `path` seen from `folder`, which holds it. */
export const relativeTo = (folder: string, path: string): string => (folder === '' ? path : path.slice(folder.length + 1))
