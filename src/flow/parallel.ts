/** A few at a time: fast, and no burst that the other side throttles. The answers come in the order of the items. */
export async function inParallel<Item, Answer>(
  items: readonly Item[],
  action: (item: Item) => Promise<Answer>,
  atOnce = 16,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  for (let from = 0; from < items.length; from += atOnce) answers.push(...(await Promise.all(items.slice(from, from + atOnce).map(action))))
  return answers
}
