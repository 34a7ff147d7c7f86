export const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b)

export const percentile = (values: readonly number[], share: number): number => {
  const ordered = sorted(values)
  return ordered[Math.min(ordered.length - 1, Math.max(0, Math.ceil(share * ordered.length) - 1))] ?? NaN
}

export const median = (values: readonly number[]): number => percentile(values, 0.5)
