import { SpeechTokensError } from '../errors/speech-tokens-error.ts';
import type { Component, SpeechPluginV1 } from './speech-plugin.ts';

/**
 * The component of a plugin with this kind and id.
 * @throws SpeechTokensError `component-not-found`, with the ids that the plugin has of this kind
 */
export function findComponent<Kind extends Component['kind']>(
  plugin: SpeechPluginV1,
  kind: Kind,
  id: string,
): Extract<Component, { readonly kind: Kind }> {
  const isOfKind = (component: Component): component is Extract<Component, { readonly kind: Kind }> =>
    component.kind === kind;
  const candidates = plugin.components.filter(isOfKind);
  const found = candidates.find((component) => component.id === id);
  if (found !== undefined) return found;
  const suggestions = candidates.map((component) => component.id);
  throw new SpeechTokensError('component-not-found', {
    problem: `The plugin has no ${kind} with this id`,
    found: JSON.stringify(id),
    wanted: suggestions.length === 0 ? `a plugin with a ${kind}` : suggestions.join(', '),
    remedy: 'Check the spelling, or use the plugin that provides it',
    details: { id, suggestions },
  });
}
