// The name of what went wrong: a violation without the images, tags, ids and counts of the run that showed it.
export const nameOf = (violation: string): string =>
  violation
    .split(/\s+/)
    .map((word) => (/[\d/]|^(?:default|other)\b/.test(word) ? '…' : word))
    .join(' ')
    .replace(/…(?: …)+/g, '…')
