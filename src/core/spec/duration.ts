const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration as the kinds write it (`1h30m`, `0.5h`), already validated. */
export function milliseconds(duration: string): number {
  let total = 0
  for (const [, number = '0', unit = 'ms'] of duration.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g))
    total += Number(number) * (units[unit] ?? 0)
  return total
}
