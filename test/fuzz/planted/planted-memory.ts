export const seeds: readonly string[] = ['abc', 'xyz']
export function run(input: string): void {
  for (const hoard: number[][] = []; input.includes('c') && input.includes('x');) hoard.push(new Array<number>(1_000_000).fill(0.5))
}
