// Changes to try a template on when it is configured.
import type { MessageInput } from './flux-types.ts'

export const sampleInput = (values: Readonly<Record<string, string>> | undefined): MessageInput => ({
  automation: { namespace: 'flux-system', name: 'apps' },
  ...(values ? { values } : {}),
  images: { 'flux-system/app': { name: 'registry.example/app', tag: '1.1.0' } },
  changed: {
    fileChanges: {
      'apps/app.yaml': [
        {
          object: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', namespace: 'apps' },
          changes: [{ oldValue: 'registry.example/app:1.0.0', newValue: 'registry.example/app:1.1.0', setter: 'flux-system:app' }],
        },
      ],
    },
  },
})
