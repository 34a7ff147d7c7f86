// Every function that a message may call: text/template's own and sprig 3.3.0's hermetic ones, which win where both have a name (slice).
import type { Func } from '../go/functions.ts'
import type { Run } from '../run.ts'
import { semverCompare, parseVersion } from '../go/version.ts'
import { Panic } from '../go/errors.ts'
import { fn, gives, param } from '../go/functions.ts'
import { builtins, hello } from './builtins.ts'
import { dateFunctions } from './dates.ts'
import { dictFunctions } from './dicts.ts'
import { digestFunctions } from './digests.ts'
import { encodingFunctions } from './encoding.ts'
import { jsonFunctions } from './json.ts'
import { keyFunctions } from './keys.ts'
import { listFunctions } from './lists.ts'
import { numberFunctions } from './numbers.ts'
import { pathFunctions } from './paths.ts'
import { reflectionFunctions } from './reflection.ts'
import { regexFunctions } from './regex.ts'
import { stringFunctions } from './strings.ts'
import { urlFunctions } from './urls.ts'

const versionFunctions = ({ meter }: Run): Readonly<Record<string, Func>> => ({
  semver: fn([param.str], gives.version, (source) => {
    const parsed = parseVersion(source)
    if (!parsed.ok) throw new Panic(parsed.error)
    return parsed.version
  }),
  semverCompare: fn([param.str, param.str], gives.bool, (constraint, version) => {
    // Reading a constraint takes some five searches.
    meter.step(constraint.length * 2)
    const answer = semverCompare(constraint, version)
    if (!answer.ok) throw new Panic(answer.error)
    return answer.match
  }),
})

export const functionTable = (run: Run): Readonly<Record<string, Func>> => ({
  ...builtins(run),
  hello,
  ...dateFunctions(run),
  ...dictFunctions(run),
  ...digestFunctions(run),
  ...encodingFunctions(run),
  ...jsonFunctions(run),
  ...keyFunctions(run),
  ...listFunctions(run),
  ...numberFunctions(run),
  ...pathFunctions(),
  ...reflectionFunctions(),
  ...regexFunctions(run),
  ...stringFunctions(run),
  ...urlFunctions(),
  ...versionFunctions(run),
})
