import { describe, expect, it } from 'vitest'
import { virtualTime } from '../../src/local/time.ts'

describe('virtual time', () => {
  it('stands still until it is told to move, then runs what falls due in order', async () => {
    const time = virtualTime(1000)
    const ran: string[] = []
    const at = (name: string) => () => void ran.push(`${name} ${time.now()}`)
    time.after(20, at('second'))
    time.after(10, at('first'))
    time.after(20, at('third'))
    time.after(31, at('too late'))
    await time.settle()
    expect([ran, time.now(), time.next()]).toEqual([[], 1000, 1010])
    await time.advance(30)
    expect([ran, time.now(), time.next()]).toEqual([['first 1010', 'second 1020', 'third 1020'], 1030, 1031])
  })

  it('runs what is asked for on the way, if it falls due on the way', async () => {
    const time = virtualTime(0)
    const ran: number[] = []
    const tick = () => {
      ran.push(time.now())
      void Promise.resolve().then(() => time.after(10, tick))
    }
    time.after(10, tick)
    await time.advance(35)
    expect([ran, time.now()]).toEqual([[10, 20, 30], 35])
  })

  it('cancels', async () => {
    const time = virtualTime(0)
    let ran = false
    time.after(10, () => (ran = true))()
    await time.advance(20)
    expect([ran, time.next()]).toEqual([false, undefined])
  })

  it('lets the clock jump while what waits keeps its remaining time', async () => {
    const time = virtualTime(10_000)
    let ranAt = 0
    time.after(100, () => (ranAt = time.now()))
    time.jump(-5000)
    expect(time.now()).toBe(5000)
    await time.advance(99)
    expect(ranAt).toBe(0)
    await time.advance(1)
    expect(ranAt).toBe(5100)
  })
})
