import { parseEnv } from '../src/env.ts'

const env = parseEnv('sweep', process.env)

export const handler = (): Promise<never> => Promise.reject(new Error(`function "sweep" has no flow yet (table ${env.TABLE_NAME})`))
