import { type FrequencyScale, frequencyScales } from '@speech-tokens/token-view';
import { type EditorState, type SoundChoice, speeds, tokensFormats } from '../document/index.ts';
import { t } from '../texts/index.ts';
import { button, checkbox, create, select } from './controls/index.ts';
import type { ExportFormat } from './exports.ts';

export interface ToolbarEvents {
  onPlay(): void;
  onSwap(): void;
  onSound(choice: SoundChoice): void;
  onCodebooks(count: number | undefined): void;
  onSpeed(speed: number): void;
  onLoop(isLooped: boolean): void;
  onLevels(isLevelMatched: boolean): void;
  onDifference(showsDifference: boolean): void;
  onScrubHeard(isScrubHeard: boolean): void;
  onScale(scale: FrequencyScale): void;
  onExport(format: ExportFormat): void;
  onCopy(format: 'json' | 'csv'): void;
}

/** What the toolbar shows beside the state. */
export interface ToolbarFacts {
  readonly hasSound: boolean;
  readonly sounds: readonly { readonly choice: SoundChoice; readonly title: string; readonly isDisabled: boolean }[];
  /** The most that some tokens have; 0 where none can be decoded. */
  readonly codebookCount: number;
  readonly hasSelection: boolean;
  /** Whether there is a recording to compare with. */
  readonly hasRecording: boolean;
}

export interface Toolbar {
  readonly element: HTMLElement;
  show(state: EditorState, facts: ToolbarFacts): void;
  showTime(seconds: number, isPlaying: boolean): void;
}

export function createToolbar(events: ToolbarEvents): Toolbar {
  const play = button(t('Play'), events.onPlay);
  const clock = create('output', { textContent: '0.00 s' });
  clock.setAttribute('aria-label', t('Playhead'));
  const swap = button(t('Recorded / decoded (D)'), events.onSwap);
  const sound = select(t('Sound'), events.onSound);
  const codebooks = select(t('Codebooks'), (value) => events.onCodebooks(value === 'all' ? undefined : Number(value)));
  const speed = select(t('Speed'), (value) => events.onSpeed(Number(value)));
  const loop = checkbox(t('Loop the selection'), events.onLoop);
  const levels = checkbox(t('Decoded as loud as the recording'), events.onLevels);
  const difference = checkbox(t('Difference'), events.onDifference);
  const scrubbing = checkbox(t('Sound while scrubbing'), events.onScrubHeard);
  const scale = select(t('Frequencies'), (value) => events.onScale(value as FrequencyScale));
  let format: ExportFormat = 'json';
  const formats = select(t('as'), (value) => {
    format = value as ExportFormat;
    showCopy();
  });
  let hasTokens = false;
  /** The others are no text. */
  const showCopy = (): void => {
    copy.disabled = !hasTokens || (format !== 'json' && format !== 'csv');
  };
  const copy = button(t('Copy'), () => {
    if (format === 'json' || format === 'csv') events.onCopy(format);
  });
  const save = button(t('Export'), () => events.onExport(format));
  const element = create(
    'div',
    { className: 'toolbar' },
    play,
    clock,
    swap,
    ...[sound, codebooks, speed, loop, levels, scrubbing, difference, scale].map((control) => control.element),
    save,
    copy,
    formats.element,
  );
  element.setAttribute('role', 'toolbar');
  element.setAttribute('aria-label', t('Sound and view'));
  return {
    element,
    show(state, { hasSound, sounds, codebookCount, hasSelection, hasRecording }) {
      play.disabled = !hasSound;
      swap.disabled = sounds.filter(({ isDisabled }) => !isDisabled).length < 2;
      sound.show(
        sounds.map(({ choice, title, isDisabled }) => ({ value: choice, text: title, isDisabled })),
        state.sound,
      );
      const counts = Array.from({ length: Math.max(0, codebookCount - 1) }, (_, i) => String(i + 1));
      codebooks.show(
        codebookCount === 0
          ? []
          : [...counts.map((value) => ({ value, text: t('first {0}', value) })), { value: 'all', text: t('all') }],
        state.codebookCount === undefined ? 'all' : String(state.codebookCount),
      );
      speed.show(
        speeds.map((value) => ({ value: String(value), text: `${value}×` })),
        String(state.speed),
      );
      loop.show(state.isLooped);
      levels.show(state.isLevelMatched, !hasRecording);
      difference.show(state.showsDifference, !hasRecording);
      scrubbing.show(state.isScrubHeard);
      scale.show(
        frequencyScales.map((value) => ({ value, text: t(value) })),
        state.frequencyScale,
      );
      formats.show(
        [
          ...tokensFormats.map((value) => ({ value, text: value.toUpperCase(), isDisabled: codebookCount === 0 })),
          { value: 'wav', text: 'WAV', isDisabled: !hasSound },
        ].map((choice) => (choice.value === 'safetensors' ? { ...choice, text: 'safetensors' } : choice)),
        format,
      );
      save.textContent = hasSelection ? t('Export the selection') : t('Export all');
      save.disabled = codebookCount === 0 && !hasSound;
      hasTokens = codebookCount > 0;
      showCopy();
    },
    showTime(seconds, isPlaying) {
      play.textContent = isPlaying ? t('Pause') : t('Play');
      // Where it was put is said; while it moves by itself, that would be all that is heard.
      clock.setAttribute('aria-live', isPlaying ? 'off' : 'polite');
      clock.textContent = `${seconds.toFixed(2)} s`;
    },
  };
}
