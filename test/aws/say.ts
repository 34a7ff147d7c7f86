/** Said aloud in the output: what stands for what, and what was driven by hand. */
export const say = (line: string): void => void process.stderr.write(`test:aws: ${line}\n`)
