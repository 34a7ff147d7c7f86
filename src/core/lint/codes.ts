// What can be found, how bad it is, and nothing of how: docs/lint.md shows each.
export type Severity = 'error' | 'warning' | 'info'

export const codes = {
  'marker-file-name': 'error',
  'marker-file-skipped': 'error',
  'marker-malformed': 'error',
  'marker-in-text': 'error',
  'marker-after-bracket': 'error',
  'marker-on-alias': 'error',
  'marker-on-key': 'error',
  'marker-above-key': 'error',
  'marker-alone': 'error',
  'marker-unseen': 'error',
  'marker-commented-out': 'info',
  'marker-part': 'error',
  'marker-unknown-policy': 'error',
  'marker-namespace': 'error',
  'marker-outside-path': 'warning',
  'marker-not-selected': 'warning',
  'marker-other-value': 'warning',
  'digest-never': 'error',
  'policy-unmarked': 'warning',
  'policy-broken': 'error',
  'policy-moved': 'error',
  'number-poison': 'warning',
  'extract-collides': 'warning',
  'extract-may-collide': 'info',
  manifest: 'error',
  'old-version': 'error',
  meaningless: 'error',
  'npm-range': 'error',
  template: 'warning',
  'not-supported': 'warning',
} as const satisfies Readonly<Record<string, Severity>>
export type Code = keyof typeof codes

export interface Finding {
  readonly code: Code
  readonly severity: Severity
  readonly file: string
  /** One-based. */
  readonly line: number
  /** What was met, and what to do. */
  readonly message: string
}

export const finding = (code: Code, file: string, line: number, message: string): Finding => ({
  code,
  severity: codes[code],
  file,
  line,
  message,
})
