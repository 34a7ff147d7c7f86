import { parseEnv } from '../src/env.ts'

const env = parseEnv('evaluate', process.env)

export const handler = (): Promise<never> => Promise.reject(new Error(`function "evaluate" has no flow yet (table ${env.TABLE_NAME})`))
