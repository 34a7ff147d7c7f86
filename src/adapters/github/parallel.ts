/** All answers in the order of the items, with at most `atOnce` under way. The first failure ends it. */
export async function inParallel<Item, Answer>(
  items: readonly Item[],
  atOnce: number,
  action: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers = new Map<number, Answer>()
  const waiting = items.entries()
  const work = async () => {
    for (const [at, item] of waiting) answers.set(at, await action(item))
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return [...answers].sort(([a], [b]) => a - b).map(([, answer]) => answer)
}

export const inChunks = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
