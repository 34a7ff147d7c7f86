import { parseEnv } from '../src/env.ts'

const env = parseEnv('promote', process.env)

export const handler = (): Promise<never> => Promise.reject(new Error(`function "promote" has no flow yet (table ${env.TABLE_NAME})`))
