import { createRandom } from '@speech-tokens/core';
import type { Sound } from '@speech-tokens/token-view';
import { createPlayer, type Player } from '@speech-tokens/token-view/browser';
import {
  type AbxRun,
  type AbxSide,
  type AbxSubject,
  abxReport,
  abxTrialCounts,
  answered,
  matchedLevels,
  pValueText,
  type SoundChoice,
  scoreOf,
  secondsOf,
  startAbx,
  xOf,
} from '../document/index.ts';
import { t } from '../texts/index.ts';
import { button, type Choice, checkbox, create, select } from './controls/index.ts';
import { partOf } from './sounds.ts';

export interface AbxPanel {
  readonly element: HTMLElement;
  /** The sounds that can be compared. A test that runs goes on with what it began with. */
  show(sounds: readonly { readonly choice: SoundChoice; readonly title: string }[], hasSelection: boolean): void;
  pause(): void;
}

export interface AbxPanelOptions {
  readonly fileName: string;
  /** A sound, made if need be. @throws Error where it cannot be made */
  prepare(choice: SoundChoice): Promise<Sound>;
  /** Seconds; `undefined` where nothing is selected. */
  selection(): { readonly start: number; readonly end: number } | undefined;
  /** Sound starts here, so others should stop. */
  onPlay(): void;
  /** Another one for each test. */
  newSeed(): string;
}

type Heard = AbxSide | 'x';

/** What is under way: what X is stays in here until the last answer. */
interface Test {
  readonly subject: AbxSubject;
  readonly player: Player;
  run: AbxRun;
  /** The button that was pressed last. */
  heard: Heard | undefined;
}

const keysText = (): string =>
  t(
    'Keys in here: A, B and X play, and once more pause; Shift+A and Shift+B answer. The sounds go on from the same place, over and over.',
  );

/** A blind test: is X the sound A, or the sound B? */
export function createAbxPanel(options: AbxPanelOptions): AbxPanel {
  let sounds: Parameters<AbxPanel['show']>[0] = [];
  let [a, b, stretch, trials, isMatched] = ['', '', 'whole', '16', true];
  let hasSelection = false;
  let test: Test | undefined;

  const status = create('p');
  status.setAttribute('role', 'status');
  const problem = create('p');
  problem.setAttribute('role', 'alert');
  const place = create('div');
  const element = create(
    'details',
    { className: 'abx' },
    create('summary', { textContent: t('Blind test (ABX)') }),
    status,
    problem,
    place,
  );

  const chosenA = select('A', (value) => {
    a = value;
  });
  const chosenB = select('B', (value) => {
    b = value;
  });
  const chosenStretch = select(t('Over'), (value) => {
    stretch = value;
  });
  const chosenTrials = select(t('Trials'), (value) => {
    trials = value;
  });
  const matching = checkbox(t('Play B as loud as A'), (value) => {
    isMatched = value;
  });
  const startButton = button(t('Start the test'), () => void start());
  const setup = create(
    'div',
    {},
    create(
      'div',
      { className: 'toolbar' },
      ...[chosenA, chosenB, chosenStretch, chosenTrials, matching].map((control) => control.element),
      startButton,
    ),
    create('p', { textContent: `${t('In each trial X is A or B by chance, and you say which.')} ${keysText()}` }),
  );

  const hear = new Map<Heard, HTMLButtonElement>(
    (['a', 'b', 'x'] as const).map((heard) => [
      heard,
      button(t('Hear {0}', heard.toUpperCase()), () => void play(heard)),
    ]),
  );
  const answers = (['a', 'b'] as const).map((side) => button(t('X is {0}', side.toUpperCase()), () => answer(side)));
  for (const [heard, one] of hear) one.setAttribute('aria-keyshortcuts', heard);
  for (const [i, one] of answers.entries()) one.setAttribute('aria-keyshortcuts', `Shift+${'AB'[i]}`);
  const trial = create(
    'div',
    {},
    create(
      'div',
      { className: 'toolbar' },
      ...hear.values(),
      ...answers,
      button(t('Stop the test'), () => finish()),
    ),
    create('p', { textContent: keysText() }),
  );

  const result = create('pre', { tabIndex: 0 });
  result.setAttribute('aria-label', t('Result of the blind test'));
  result.setAttribute('role', 'region');
  const again = button(t('Another test'), () => {
    status.textContent = '';
    place.replaceChildren(setup);
    startButton.focus();
  });
  const copy = button(t('Copy the result'), () => {
    navigator.clipboard.writeText(result.textContent).then(
      () => {
        status.textContent = t('Copied.');
      },
      () => {
        status.textContent = t('It could not be copied: select the text, and copy it.');
      },
    );
  });
  const outcome = create('div', {}, result, create('div', { className: 'toolbar' }, copy, again));

  function showSetup(): void {
    const choices: Choice[] = sounds.map(({ choice, title }) => ({ value: choice, text: title }));
    const has = (value: string): boolean => choices.some((choice) => choice.value === value);
    if (!has(a)) a = choices[0]?.value ?? '';
    if (!has(b) || b === a) b = choices.find(({ value }) => value !== a)?.value ?? '';
    if (!hasSelection) stretch = 'whole';
    chosenA.show(choices, a);
    chosenB.show(choices, b);
    chosenStretch.show(
      [
        { value: 'whole', text: t('all of it') },
        { value: 'selection', text: t('the selection'), isDisabled: !hasSelection },
      ],
      stretch,
    );
    chosenTrials.show(
      abxTrialCounts.map((count) => ({ value: String(count), text: String(count) })),
      trials,
    );
    matching.show(isMatched);
    startButton.disabled = choices.length < 2;
  }

  async function start(): Promise<void> {
    problem.textContent = '';
    if (a === b) {
      problem.textContent = t('A and B are the same sound: choose another one.');
      return;
    }
    startButton.disabled = true;
    try {
      const both = [await options.prepare(a), await options.prepare(b)] as const;
      const whole = { start: 0, end: Math.min(...both.map(secondsOf)) };
      const wanted = (stretch === 'selection' ? options.selection() : undefined) ?? whole;
      const part = { start: wanted.start, end: Math.min(wanted.end, whole.end) };
      if (part.end - part.start < 0.1) throw new Error(t('Select at least a tenth of a second that both sounds have.'));
      begin(both, part);
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      startButton.disabled = false;
    }
  }

  function begin(
    both: readonly [Sound, Sound],
    { start, end }: { readonly start: number; readonly end: number },
  ): void {
    const [first, second] = both.map((sound) => ({ ...sound, channels: partOf(sound, { start, end }) })) as [
      Sound,
      Sound,
    ];
    const player = createPlayer([first, second], {}, { changes: 'through-silence' });
    player.loop({ start: 0, end: end - start });
    let matchedDb: number | undefined;
    if (isMatched) {
      const levels = matchedLevels(first, [second]);
      player.setLevels([levels.reference, levels.sounds[0]!]);
      matchedDb = 20 * Math.log10(levels.sounds[0]! / levels.reference);
    }
    const titleOf = (choice: SoundChoice): string => sounds.find((sound) => sound.choice === choice)?.title ?? choice;
    test = {
      subject: {
        fileName: options.fileName,
        a: titleOf(a),
        b: titleOf(b),
        startSeconds: start,
        endSeconds: end,
        matchedDb,
      },
      player,
      run: startAbx(createRandom(options.newSeed()), Number(trials)),
      heard: undefined,
    };
    place.replaceChildren(trial);
    showTrial();
    hear.get('x')!.focus();
  }

  function showTrial(): void {
    if (test === undefined) return;
    const { run, heard, player } = test;
    status.textContent = t(
      'Trial {0} of {1}. {2} answered.',
      run.answers.length + 1,
      run.xs.length,
      run.answers.length,
    );
    for (const [one, element] of hear) {
      element.setAttribute('aria-pressed', String(one === heard && player.isPlaying));
    }
  }

  async function play(heard: Heard): Promise<void> {
    if (test === undefined) return;
    const { player, run } = test;
    if (player.isPlaying && test.heard === heard) {
      player.pause();
    } else {
      test.heard = heard;
      player.choose((heard === 'x' ? xOf(run) : heard) === 'a' ? 0 : 1);
      options.onPlay();
      await player.play();
    }
    showTrial();
  }

  function pause(): void {
    test?.player.pause();
    showTrial();
  }

  function answer(side: AbxSide): void {
    if (test === undefined) return;
    // The X of the next trial is another one.
    test.player.pause();
    test.player.seek(0);
    test.heard = undefined;
    test.run = answered(test.run, side);
    if (xOf(test.run) === undefined) finish();
    else showTrial();
  }

  function finish(): void {
    if (test === undefined) return;
    const { subject, run, player } = test;
    test = undefined;
    void player.close();
    result.textContent = abxReport(subject, run);
    const { answerCount, correctCount, pValue } = scoreOf(run);
    status.textContent = t('{0} of {1} correct, p = {2}.', correctCount, answerCount, pValueText(pValue));
    place.replaceChildren(outcome);
    showSetup();
    copy.focus();
  }

  element.addEventListener('keydown', (event) => {
    const isInList = event.target instanceof Element && event.target.closest('select') !== null;
    if (test === undefined || isInList || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (event.shiftKey && (key === 'a' || key === 'b')) answer(key);
    else if (!event.shiftKey && (key === 'a' || key === 'b' || key === 'x')) void play(key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // What cannot be seen is not heard.
  element.addEventListener('toggle', () => {
    if (!element.open) pause();
  });
  place.replaceChildren(setup);
  showSetup();
  return {
    element,
    show(available, isSelected) {
      sounds = available;
      hasSelection = isSelected;
      showSetup();
    },
    pause,
  };
}
