// Manifests that come with the deployment: checked at synth, put into force by the function `apply` while the stack is deployed.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CustomResource, RemovalPolicy, Stack } from 'aws-cdk-lib'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { readManifests } from '../src/core/spec.ts'
import type { State } from './state.ts'

export interface ManifestsProps {
  readonly folders: Readonly<Record<string, string>>
  readonly apply: IFunction
  readonly state: State
}

/** They travel in the template, where `cdk diff` shows them: CloudFormation's limit is one megabyte for all of it. */
const LARGEST = 200_000

export class Manifests extends Construct {
  constructor(scope: Construct, id: string, { folders, apply, state }: ManifestsProps) {
    super(scope, id)
    const scopes = Object.fromEntries(Object.entries(folders).map(([name, folder]) => [name, filesIn(folder)]))
    refuseWhatIsWrong(Object.values(scopes).flat())
    const resource = new CustomResource(this, 'Resource', {
      serviceToken: apply.functionArn,
      resourceType: 'Custom::TagboatManifests',
      removalPolicy: RemovalPolicy.DESTROY,
      properties: {
        Owner: `deploy:${Stack.of(this).stackName}`,
        // CloudFormation makes texts of everything.
        Retained: String(state.isRetained),
        Scopes: Object.fromEntries(
          Object.entries(scopes).map(([name, files]) => [name, files.map(({ file, text }) => ({ File: file, Text: text }))]),
        ),
      },
    })
    resource.node.addDependency(state, apply)
  }
}

interface File {
  /** Below its folder, so that the template is the same wherever it is made. */
  readonly file: string
  readonly path: string
  readonly text: string
}

function filesIn(folder: string): readonly File[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`manifests: expected a folder of manifests, met "${folder}", which is none; paths are relative to where the app runs`)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()
    .map((file) => ({ file, path: join(folder, file), text: readFileSync(join(folder, file), 'utf8') }))
}

function refuseWhatIsWrong(files: readonly File[]): void {
  const problems = files.flatMap(({ path, text }) => readManifests(text, path, { namespace: 'flux-system' }).problems)
  if (problems.length > 0) throw new Error(`manifests:\n${problems.map(({ from, message }) => `${from}: ${message}`).join('\n')}`)
  const size = files.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  if (size > LARGEST)
    throw new Error(
      `manifests: together ${size} bytes, and at most ${LARGEST} fit into a template; put the others into force with tagboat apply`,
    )
}
