import { parseEnv } from '../src/env.ts'

const env = parseEnv('scan', process.env)

export const handler = (): Promise<never> => Promise.reject(new Error(`function "scan" has no flow yet (table ${env.TABLE_NAME})`))
