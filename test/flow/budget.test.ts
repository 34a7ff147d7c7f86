// Many pushes, few commits, and GitHub's limits: the box counts as GitHub does and refuses what is too much.
import { describe, expect, test } from 'vitest'
import { burst, slowGithub } from '../bench/burst.ts'
import { deployment } from '../boxed.ts'

describe('many pushes', () => {
  test('within ten seconds are a few commits, and every tag is right', { timeout: 120_000 }, async () => {
    const { commits, requests, settledMs, ...rest } = await burst(100)
    expect(rest).toEqual({ images: 100, refused: 0, wrong: [] })
    expect(commits).toBeLessThanOrEqual(8)
    expect(requests).toBeLessThanOrEqual(2 * commits)
    expect(settledMs).toBeLessThan(5_000)
  })

  test('to a branch at rest are committed at once, each of them', async () => {
    const world = await slowGithub(['app'])
    for (let minor = 1; minor <= 5; minor++) {
      await world.push('app', `1.${minor}.0`)
      // One request, and nothing else takes time.
      await world.time.advance(301)
      expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', `1.${minor}.0`))
      await world.time.advance(700)
    }
    await world.boxes.close()
  })

  test('without end stay within the limits of an hour, one commit after the other', { timeout: 120_000 }, async () => {
    const world = await slowGithub(['app'], { contentPerMinute: 20, contentPerHour: 60 })
    // The limits that we know of are GitHub's; a stricter GitHub says so itself, and is heard.
    for (let patch = 1; patch <= 60; patch++) {
      await world.push('app', `1.0.${patch}`)
      await world.time.advance(1_000)
    }
    await world.minutes(5)
    expect(world.refused()).toBeLessThanOrEqual(5)
    expect(world.gitRepo.read('apps/app.yaml')).toBe(deployment('app', '1.0.60'))
    await world.boxes.close()
  })
})
