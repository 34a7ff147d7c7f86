// A scenario as TypeScript, to be pasted into a test.
import type { Scenario } from './replay.ts'

export function asTest(scenario: Scenario, name: string): string {
  const { seed, estate, skew, steps } = scenario
  return `test(${literal(name)}, async () => {
  const { violations } = await replay({
    seed: ${seed},
    skew: ${skew},
    estate: {
      images: ${literal(estate.images)},
      policies: [${lines(estate.policies, 8)}],
      automations: [${lines(estate.automations, 8)}],
      files: {
${Object.entries(estate.files)
  .map(
    ([gitRepo, files]) =>
      `        ${literal(gitRepo)}: {${lines(Object.entries(files), 10, ([path, text]) => `${literal(path)}: ${literal(text)}`)}},`,
  )
  .join('\n')}
      },
    },
    steps: [${lines(steps, 6)}],
  })
  expect(violations).toEqual([])
})
`
}

function lines<T>(list: readonly T[], indent: number, print: (each: T) => string = literal): string {
  if (list.length === 0) return ''
  return `\n${list.map((each) => `${' '.repeat(indent)}${print(each)},\n`).join('')}${' '.repeat(indent - 2)}`
}

/** JSON with what JSON lacks: Infinity, and names without quotes. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${JSON.stringify(value).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (value === null || typeof value !== 'object') return String(value)
  const members = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .map(([key, each]) => `${/^[A-Za-z_$][\w$]*$/.test(key) ? key : literal(key)}: ${literal(each)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
