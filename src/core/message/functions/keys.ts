// sprig: keys and certificates. RSA takes longer than a message may, and a certificate in a commit message is a leak rather than a use:
// certificates are made, but sealed (docs/spec/differences.md).
import { ecdsaKey, ed25519Key } from '../crypto/keys.ts'
import { Panic } from '../go/errors.ts'
import { fn, gives, param, type Func, type Param, type Result } from '../go/functions.ts'
import { formatCell } from '../go/print.ts'
import { stringType, type Type } from '../go/types.ts'
import type { Any, Cell, SealedValue, SliceValue } from '../go/values.ts'
import type { Run } from '../run.ts'
import { decodeBase64 } from './encoding.ts'
import { parseAddress } from './ip-address.ts'

const { str, int, list } = param

const certificateType: Type = {
  kind: 'struct',
  name: 'sprig.certificate',
  named: true,
  fields: [
    { name: 'Cert', type: stringType },
    { name: 'Key', type: stringType },
  ],
}

const sealed = (name: string): SealedValue => ({
  is: 'sealed',
  type: certificateType,
  why: `${name}: the content of certificates and their keys is not available in commit messages`,
})

const certificate: Param<Any> = { type: certificateType, read: (cell: Cell) => (cell?.is === 'sealed' ? cell : null) }
const made: Result<SealedValue> = { type: certificateType, make: (value) => value }

export function keyFunctions(run: Run): Readonly<Record<string, Func>> {
  const randomBytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => run.random() & 255)
  const checkNames = (ips: SliceValue, dnsNames: SliceValue): void => {
    for (const ip of ips.items) {
      if (ip?.is !== 'string') throw new Panic(`error parsing ip: ${shown(ip, run)} is not a string`)
      if (!parseAddress(ip.text).ok || ip.text.includes('%')) throw new Panic(`error parsing ip: ${ip.text}`)
    }
    for (const name of dnsNames.items)
      if (name?.is !== 'string') throw new Panic(`error processing alternate dns name: ${shown(name, run)} is not a string`)
  }
  return {
    genPrivateKey: fn([str], gives.str, (kind) => {
      if (kind === 'ed25519') return ed25519Key(randomBytes(32))
      if (kind === 'ecdsa') {
        run.meter.slow()
        return ecdsaKey(randomBytes(32))
      }
      if (kind === '' || kind === 'rsa' || kind === 'dsa')
        throw new Panic(`genPrivateKey: ${kind || 'rsa'} keys take too long for a commit message; ecdsa and ed25519 are available`)
      return `Unknown type ${kind}`
    }),
    buildCustomCert: fn([str, str], made, (cert, key) => {
      const [decodedCert, decodedKey] = [decodeBase64(cert), decodeBase64(key)]
      if (!decodedCert.ok) throw new Panic('unable to decode base64 certificate')
      if (!decodedKey.ok) throw new Panic('unable to decode base64 private key')
      if (!isPem(decodedCert.bytes)) throw new Panic('unable to decode certificate')
      return sealed('buildCustomCert')
    }),
    genCA: fn([str, int], made, (_name, _days) => sealed('genCA')),
    genCAWithKey: fn([str, int, str], made, (_name, _days, key) => {
      checkKey(key)
      return sealed('genCAWithKey')
    }),
    genSelfSignedCert: fn([str, list, list, int], made, (_name, ips, dnsNames, _days) => {
      checkNames(ips, dnsNames)
      return sealed('genSelfSignedCert')
    }),
    genSelfSignedCertWithKey: fn([str, list, list, int, str], made, (_name, ips, dnsNames, _days, key) => {
      checkKey(key)
      checkNames(ips, dnsNames)
      return sealed('genSelfSignedCertWithKey')
    }),
    genSignedCert: fn([str, list, list, int, certificate], made, (_name, ips, dnsNames, _days, _ca) => {
      checkNames(ips, dnsNames)
      return sealed('genSignedCert')
    }),
    genSignedCertWithKey: fn([str, list, list, int, certificate, str], made, (_name, ips, dnsNames, _days, _ca, key) => {
      checkKey(key)
      checkNames(ips, dnsNames)
      return sealed('genSignedCertWithKey')
    }),
  }
}

const shown = (value: Any, run: Run): string => (value === null ? '<nil>' : formatCell(value, 'v', run.meter))

const isPem = (source: string): boolean => {
  const begin = /(?:^|\n)-----BEGIN ([^\n]*)-----/.exec(source)
  return begin !== null && source.includes(`\n-----END ${begin[1] ?? ''}-----`)
}

function checkKey(key: string): void {
  if (!isPem(key)) throw new Panic('parsing private key: no PEM data in input')
}
