// What is being done, in Flux's words and signs, on standard error: scripts that read them go on to work.
import { paint, type Terminal } from './terminal.ts'

export interface Steps {
  readonly action: (text: string) => void
  readonly generate: (text: string) => void
  readonly wait: (text: string) => void
  readonly success: (text: string) => void
  readonly warning: (text: string) => void
  readonly failure: (text: string) => void
}

export const steps = (terminal: Terminal): Steps => {
  const say = (sign: string, colour: Parameters<typeof paint>[1]) => (text: string) =>
    terminal.error(`${paint(terminal, colour, sign)} ${text}`)
  return {
    action: say('►', 'cyan'),
    generate: say('✚', 'green'),
    wait: say('◎', 'cyan'),
    success: say('✔', 'green'),
    warning: say('⚠', 'yellow'),
    failure: say('✗', 'red'),
  }
}
