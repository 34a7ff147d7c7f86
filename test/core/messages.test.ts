import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseScanMessage, parseTargetMessage, scanMessage, targetMessage } from '../../src/core/messages.ts'

const target = { host: 'github.com', owner: 'org', repository: 'fleet', branch: 'main' }
const imageRepository = { scope: 'default', namespace: 'flux-system', name: 'app' }
const name = (longest: number) => fc.string({ minLength: 1, maxLength: longest })

describe('messages between our functions', () => {
  it('come back as they were sent, whatever names they hold', () => {
    fc.assert(
      fc.property(fc.record({ host: name(253), owner: name(100), repository: name(100), branch: name(1024) }), (sent) => {
        expect(parseTargetMessage(targetMessage(sent))).toEqual({ ok: true, value: sent })
      }),
    )
    fc.assert(
      fc.property(fc.record({ tag: name(128), signal: name(200), at: fc.nat() }), (confirm) => {
        const sent = { imageRepository, why: 'push', confirm }
        expect(parseScanMessage(scanMessage(sent))).toEqual({ ok: true, value: sent })
      }),
    )
  })

  it('hold nothing but their own fields', () => {
    expect(targetMessage({ ...target, secret: 'x' } as typeof target)).toBe(targetMessage(target))
    expect(scanMessage({ imageRepository, why: 'due' })).toBe(
      '{"imageRepository":{"scope":"default","namespace":"flux-system","name":"app"},"why":"due"}',
    )
  })

  it('shorten a long reason rather than lose the request', () => {
    expect(parseScanMessage(scanMessage({ imageRepository, why: 'x'.repeat(5000) }))).toEqual({
      ok: true,
      value: { imageRepository, why: 'x'.repeat(1024) },
    })
  })

  it('escape the characters that a queue refuses', () => {
    const odd = { ...target, branch: 'a\ufffeb\uffff' }
    expect(targetMessage(odd)).not.toMatch(/[\ufffe\uffff]/)
    expect(parseTargetMessage(targetMessage(odd))).toEqual({ ok: true, value: odd })
  })

  it.each([
    ['not JSON', '{'],
    ['not an object', '"x"'],
    ['null', 'null'],
    ['a missing field', '{"host":"github.com","owner":"org","repository":"fleet"}'],
    ['a wrong type', '{"host":"github.com","owner":"org","repository":"fleet","branch":7}'],
    ['an empty name', '{"host":"github.com","owner":"","repository":"fleet","branch":"main"}'],
    ['more than can be ours', JSON.stringify({ ...target, branch: 'x'.repeat(20_000) })],
    ['deep nesting', '['.repeat(10_000)],
  ])('that are malformed are an answer, not a crash: %s', (_, body) => {
    expect(parseTargetMessage(body)).toEqual({ ok: false, why: expect.stringContaining('expected a target') as string })
    expect(parseScanMessage(body)).toEqual({ ok: false, why: expect.stringContaining('expected a scan request') as string })
  })
})
