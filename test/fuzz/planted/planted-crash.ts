export const seeds: readonly string[] = ['abc', 'xyz']
export function run(input: string): void {
  if (input.includes('c') && input.includes('x')) throw new Error('planted')
}
