// `npm run -s simulate -- --seed S --pushes N [--faults 0..3] [--images N] [--trace] [--sdk]`: the last line is JSON.
import { parseArgs } from 'node:util'
import type { Level } from './levels.ts'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    pushes: { type: 'string', default: '1000' },
    faults: { type: 'string', default: '3' },
    images: { type: 'string', default: '24' },
    trace: { type: 'boolean', default: false },
    sdk: { type: 'boolean', default: false },
  },
})

const [seed, pushes, level, images] = [values.seed, values.pushes, values.faults, values.images].map(Number)
if (![seed, pushes, images].every((value) => Number.isSafeInteger(value) && (value ?? -1) >= 0) || !isLevel(level)) {
  console.error('usage: npm run -s simulate -- --seed S --pushes N [--faults 0|1|2|3] [--images N] [--trace] [--sdk]: whole numbers')
  process.exit(2)
}

const { report, tail } = await simulate({
  seed: seed ?? 1,
  pushes: pushes ?? 1000,
  images: images ?? 24,
  level,
  sdk: values.sdk,
  ...(values.trace && { trace: (line: string) => console.error(line) }),
})
if (report.violations.length > 0) {
  if (!values.trace) for (const line of tail) console.error(line)
  console.error(`\nseed ${report.seed} at level ${report.faults}: ${report.violations.length} violations`)
  for (const violation of report.violations) console.error(`  ${violation}`)
}
console.log(JSON.stringify(report))
process.exit(report.violations.length > 0 ? 1 : 0)

function isLevel(value: number | undefined): value is Level {
  return value === 0 || value === 1 || value === 2 || value === 3
}
