import { parseImage } from './parse.ts'

/** A repository of a private ECR registry, as an event names it. */
export interface EcrImage {
  readonly account: string
  readonly region: string
  readonly repository: string
}

// docker pull's names for Docker Hub, and the two for ECR Public.
const aliases: Readonly<Record<string, string>> = {
  'docker.io': 'index.docker.io',
  'registry-1.docker.io': 'index.docker.io',
  'ecr-public.aws.com': 'public.ecr.aws',
}

// Standard, FIPS and dual-stack names (`dkr-ecr…on.aws`) of one registry, in every partition.
const ecrHost =
  /^([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.(?:com\.cn|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws\.(?:ic\.gov|scloud)|on\.cloud-aws\.adc-e\.uk|on\.aws\.hci\.ic\.gov)$/

const domains: readonly (readonly [prefix: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
]

/** One form for all spellings of one image: what an event says is found under it. null: no image name at all. */
export function imageKey(image: string): string | null {
  const parsed = parseImage(image)
  if (!parsed.ok) return null
  const ecr = ecrImage(image)
  if (ecr) return ecrImageName(ecr)
  const host = registryHost(parsed.registry)
  const repository = host === 'index.docker.io' && !parsed.repository.includes('/') ? `library/${parsed.repository}` : parsed.repository
  return `${host}/${repository}`
}

/** What a name says about ECR: account, region and repository; undefined for any other registry, and for ECR Public. */
export function ecrImage(image: string): EcrImage | undefined {
  const parsed = parseImage(image)
  const [, account, region] = parsed.ok ? (ecrHost.exec(registryHost(parsed.registry)) ?? []) : []
  return parsed.ok && account !== undefined && region !== undefined ? { account, region, repository: parsed.repository } : undefined
}

/** The name, and the key, of an image that an event gives as account, region and repository. */
export function ecrImageName({ account, region, repository }: EcrImage): string {
  const domain = domains.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com'
  return `${account}.dkr.ecr.${region}.${domain}/${repository}`
}

function registryHost(registry: string): string {
  const host = registry.toLowerCase().replace(/:443$/, '')
  return Object.hasOwn(aliases, host) ? (aliases[host] ?? host) : host
}
