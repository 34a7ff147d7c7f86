// Turns at an interval, so that a thousand things with one interval do not come due in one minute.

/**
 * When something of this name has its next turn: within the interval, at a place in it that its name decides. Turns of one name are exactly
 * an interval apart, whenever they were served.
 */
export function nextTurn(name: string, interval: number, now: number): number {
  const since = (now - placeOf(name)) % interval
  return now + interval - (since < 0 ? since + interval : since)
}

/** FNV-1a, finished as murmur does: names that differ in their last digit lie far apart. */
function placeOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
