// net/url: which bytes are escaped where.

export type Part = 'path' | 'host' | 'zone' | 'user' | 'query' | 'fragment'

const always = /^[A-Za-z0-9\-_.~]$/
const inParts: Readonly<Record<Part, string>> = {
  path: '$&+,/:;=@',
  user: '$&+,;=',
  query: '',
  fragment: '$&+,/:;=?@!()*',
  host: '!$&\'()*+,;=:[]<>"',
  zone: '!$&\'()*+,;=:[]<>"',
}

export const shouldEscape = (char: string, part: Part): boolean => !always.test(char) && !inParts[part].includes(char)

export function escape(source: string, part: Part): string {
  let out = ''
  for (const char of source) {
    if (!shouldEscape(char, part)) out += char
    else if (char === ' ' && part === 'query') out += '+'
    else out += `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}

export const queryEscape = (source: string): string => escape(source, 'query')
