// Regular expressions as Go's `regexp` reads them, and its templates. re2js runs them; RegExp runs those that are proven equal.
export { compilePattern, type CompiledPattern, type Engine, type Pattern } from './pattern/compile.ts'
export { maxPatternBytes, maxProgram } from './pattern/parse.ts'
