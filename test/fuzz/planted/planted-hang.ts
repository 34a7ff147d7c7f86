export const seeds: readonly string[] = ['abc', 'xyz']
export function run(input: string): void {
  while (input.includes('c') && input.includes('x'));
}
